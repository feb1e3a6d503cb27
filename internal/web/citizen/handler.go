package citizen

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// Documents draws what is not HTML (package document).
type Documents interface {
	ReceiptPDF(receipt dossier.Receipt) ([]byte, error)
	QRSVG(address string) ([]byte, error)
	QRPNG(address string) ([]byte, error)
}

// Handler answers the citizens.
type Handler struct {
	Views     Views
	Journey   *dossier.Journey
	FollowUp  *dossier.FollowUp
	Directory *directory.Service
	Documents Documents
	// Commune and Country give names to INSEE codes.
	Commune, Country dossier.PlaceName
	Operator         web.Operator
	Contact          string // mail address for professionals
	PortalURL        string // without final slash
	FeedbackURL      string // of « Je donne mon avis »; "" for none
	Now              func() time.Time
	Log              *slog.Logger
	// Frame is what every page of a request shows.
	Frame func(c *gin.Context) web.Page
}

// Mount registers the routes of the citizens.
func (h *Handler) Mount(r *web.Router) {
	r.Handle(http.MethodGet, "/", web.Public, h.home)
	r.Handle(http.MethodGet, "/collectivites", web.Public, h.search)

	// The guide's addresses, in both spellings (editors' guide 4.a, 5.b).
	for _, spelling := range []string{"/collectivites", "/collectivities"} {
		r.Handle(http.MethodGet, spelling+"/:siret", web.Public, h.form)
		r.Handle(http.MethodGet, spelling+"/:siret/me_connecter", web.Public, h.form)
	}
	r.Handle(http.MethodGet, "/collectivites/:siret/qr.svg", web.Public, h.qrSVG)
	r.Handle(http.MethodGet, "/collectivites/:siret/qr.png", web.Public, h.qrPNG)
	r.Handle(http.MethodGet, "/collectivites/:siret/sans-franceconnect", web.Public, h.alternatives)

	r.Handle(http.MethodPost, "/collectivites/:siret/demarrer", web.Public, h.start)
	r.HandleWithin(signInPatience, http.MethodGet, CallbackPath, web.Public, h.signIn)
	r.Handle(http.MethodGet, "/collectivites/:siret/verification", web.Public, h.review)
	r.Handle(http.MethodPost, "/collectivites/:siret/transmettre", web.Public, h.transmit)
	r.Handle(http.MethodGet, "/collectivites/:siret/confirmation/:id", web.Public, h.confirmation)
	r.Handle(http.MethodGet, "/collectivites/:siret/confirmation/:id/recu.pdf", web.Public, h.receipt)
	r.Handle(http.MethodGet, "/collectivites/:siret/echec/:cause", web.Public, h.failure)
	r.Handle(http.MethodGet, "/session-terminee", web.Public, h.sessionEnded)

	r.Handle(http.MethodPost, "/deconnexion", web.Public, h.logout)
	r.Handle(http.MethodGet, LoggedOutPath, web.Public, h.loggedOut)

	r.Handle(http.MethodGet, "/suivi", web.Public, h.followUpForm)
	r.Handle(http.MethodGet, "/suivi/:id", web.Public, h.followUpState)

	h.mountTexts(r)
}

// The addresses registered at FranceConnect, which compares them exactly.
const (
	CallbackPath  = "/franceconnect/retour"
	LoggedOutPath = "/franceconnect/deconnexion"
)

// signInPatience covers FranceConnect, three calls of 5 seconds, and API Particulier, 20.
const signInPatience = 40 * time.Second

// siret reads the SIRET of the address. One that cannot exist is as unknown as one that
// does not.
func siret(c *gin.Context) value.Siret {
	read, err := value.ParseSiret(c.Param("siret"))
	if err != nil {
		return ""
	}
	return read
}

// formURL is the address of a form as it is shared: the one of the guide.
func (h *Handler) formURL(siret value.Siret) string {
	return h.PortalURL + formPath(siret)
}

func formPath(siret value.Siret) string { return "/collectivites/" + siret.String() }

// seeOther sends the browser on by a GET.
func seeOther(c *gin.Context, address string) error {
	c.Redirect(http.StatusSeeOther, address)
	return nil
}
