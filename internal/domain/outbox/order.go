package outbox

import "time"

// The kinds of orders, and what their subject is.
const (
	DeliverDossier = "dossier.deliver"    // id of the dossier to bring to HubEE
	CloseDossier   = "dossier.close"      // id of the dossier whose case is to be closed at HubEE
	SendMail       = "mail.send"          // id of the mail to send
	RunJob         = "job.run"            // name of the job that somebody asked to run now
	Provision      = "hubee.provision"    // SIRET of the town whose subscription is to be brought about
	ScanDocument   = "document.scan"      // id of the document that waits for its analysis
	TestHubAccount = "hubee.test_account" // SIRET of the town whose pair HubEE is to be asked about
)

// Kinds lists every kind, for the filter of the list and for the test that each has its
// French.
var Kinds = [...]string{DeliverDossier, CloseDossier, SendMail, RunJob, Provision, ScanDocument, TestHubAccount}

// Order is one thing to do outside.
type Order struct {
	ID        int64
	Kind      string
	Subject   string
	Attempt   int // 1 for the first
	CreatedAt time.Time
}
