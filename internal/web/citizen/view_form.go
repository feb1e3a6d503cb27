package citizen

import "portail-qf/internal/web"

// formPage is the public form of a collectivity, before FranceConnect.
type formPage struct {
	web.Page
	Visit
	Address           string // of this form, in full, to share; the QR code says the same
	FranceConnectDown bool   // the alternatives come first and no button leads nowhere
	ExternalIDIgnored bool   // the link's identifier was unusable: the form goes on without it
	LinkExpired       bool   // the sealed parameters are too old or altered
}

// alternativesPage tells how to do without FranceConnect.
type alternativesPage struct {
	web.Page
	Visit
}
