// Command demo runs everything on this machine: a private PostgreSQL, a strict simulator
// of every external system, the portal itself with seeded collectivities, and a control
// surface on which tests rely. Nothing of it is reached from outside the machine, and
// nothing of it is linked into the portal.
package main
