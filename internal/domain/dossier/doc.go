// Package dossier is the citizen's side of the portal: an attempt (a citizen, a
// collectivity, a sign-in), what FranceConnect, CAF and MSA say of the citizen, the
// dossier that comes of it, its delivery to HubEE and its follow-up.
//
// An attempt is opened by a POST, belongs to one browser session and one collectivity,
// and is erased within the hour. Transmitting it records a dossier and its sealed payload
// in one transaction; everything sent outside comes after, by the outbox:
//
//	Journey   Start → SignIn → Review → Transmit → Logout
//	Delivery  prepare files → create folder → upload → verify → complete
//	FollowUp  notifications and reconciliation move the state
//
// The states of a dossier only go forward (PRODUCT.md §4):
//
//	enregistre → transmis → recu → en_cours → traite | refuse
//	enregistre → quarantaine → enregistre
//	enregistre | quarantaine → echec
package dossier
