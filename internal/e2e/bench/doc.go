// Bench measures what the portal holds (PRODUCT.md §7; users-reliability-security.md B.3, R1 and R2): complete submissions and
// form views per second, how long they take, what a permission check and a session cost professionals, what the portal costs
// over a bare handler doing the same SQL, and its memory.
//
//	make bench
//
// Everything is on this machine and on its loopback: a private PostgreSQL that writes to the disk as in production, filled as
// production will be; the portal as the program that is deployed, in a process of its own; the simulators and the visitors in
// this one. Visitors at a given rate come when they come, however late the portal is, and their wait counts from the moment when
// they wanted to come; visitors without pause tell how much the portal can do.
//
// The public list of the directory is asked for by programs: as soon as a town opened, when the portal has to print it again, and
// by those who have it and ask whether it changed. Citizens search among all the towns.
//
// Professionals are many too: accounts with their roles and live sessions are there before, and those who are measured sign in
// with ProConnect, second factor included. A permission check and the reading of a session are also measured alone, in this
// process, with the policy and the stores of the portal; the first page of the support asks for little else.
//
// Requests of habilitations wait by the thousand for the instructors, who open their queue, as it is and searched. Agents deposit
// drafts that are in the tables before: the POST of the summary is measured, each draft is deposited once, and every deposit must
// be in the tables once and in one mail.
//
// The bare handler is in a third process, on a copy of the database. It calls the stores that the portal calls, hence the same
// statements on the same driver and pool, and does nothing else: no permission, no seal, no page, no log. Portal and bare handler
// take turns under the same visitors. HubEE is slow during that comparison of the recording POST, so that delivery, which the
// bare handler does not do, takes nothing from it.
//
// A slow machine fails nothing: the figures stand beside the aims. The exit status is 1 only when a request failed, or when a
// dossier that was confirmed is lost, doubled or another's.
//
//	BENCH_SECONDS   length of each measure (10)
//	BENCH_DOSSIERS  dossiers already in the table (300000)
//	BENCH_PORTAL    the program to measure (bin/portal)
//	BENCH_PROFILES  folder where the CPU profiles of pages and submissions go (none)
package main
