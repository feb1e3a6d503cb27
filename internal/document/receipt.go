package document

import "portail-qf/internal/domain/dossier"

// qrSide is the side of a printed code in points: four centimetres.
const qrSide = 113.4

// ReceiptPDF sets a receipt on one page. It holds nothing personal: it may be left on a
// printer or a shared computer. The same receipt gives the same bytes. It fails
// when FollowURL is too long for a QR code.
func (r *Renderer) ReceiptPDF(receipt dossier.Receipt) ([]byte, error) {
	code, err := newQRModules(receipt.FollowURL)
	if err != nil {
		return nil, err
	}
	title := "Reçu du dossier " + receipt.Reference.Display()
	c := r.newComposer()
	c.title("Reçu de votre démarche")
	c.paragraph("Vous avez demandé l’envoi de votre quotient familial à votre collectivité. Votre demande est enregistrée.")
	c.section("Votre dossier")
	c.facts(
		fact{label: "Identifiant", value: receipt.Reference.Display(), strong: true},
		fact{label: "Collectivité", value: receipt.Collectivity},
		fact{label: "Enregistré le", value: r.instantInWords(receipt.RecordedAt)},
	)
	c.section("Suivre votre dossier")
	c.paragraph("Gardez cet identifiant. Il permet de suivre votre dossier à cette adresse\u00a0:")
	c.linkTo(receipt.FollowURL)
	c.qrCode(code, "QR code de l’adresse "+receipt.FollowURL, qrSide)
	c.paragraph("Une question\u202f? Adressez-vous à votre collectivité et donnez-lui cet identifiant.")
	c.paragraph("Ce reçu prouve que votre demande est enregistrée, pas que votre collectivité l’a reçue.")
	c.paragraph("Ce reçu ne contient ni votre nom ni votre quotient familial.")
	c.footer(title)
	return c.finish(title, receipt.RecordedAt)
}
