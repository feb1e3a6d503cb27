package hubee

import (
	"fmt"
	"strings"
	"time"
)

const mailSender = "ne-pas-repondre@info.hubee.numerique.gouv.fr"

// mailAccount plays the mail by which the local administrator sets a password, valid for
// 48 hours (reference/hubee.md §10.2).
func (s *Server) mailAccount(sub *subscription, now time.Time) {
	s.mails = append(s.mails, Mail{
		From: mailSender, To: []string{sub.LocalAdministrator.Email}, DateTime: Timestamp{now},
		Subject: "HubEE : création de votre compte",
		Text: fmt.Sprintf("Bonjour,\n\nUn compte d’administrateur local a été créé pour vous sur le portail HubEE (démarche « %s »).\n"+
			"Choisissez votre mot de passe dans les 48 heures.\n\nL’équipe HubEE\n", sub.ProcessCode),
	})
}

// mailDeposit plays the mail about a new folder, for subscriptions that want one for each.
func (s *Server) mailDeposit(k *caseRecord, now time.Time) {
	sub := s.subscriptionOf(k.Recipient, k.folder.ProcessCode)
	if sub == nil || sub.Email == nil || !strings.EqualFold(sub.NotificationFrequency, "Unitaire") {
		return
	}
	s.mails = append(s.mails, Mail{
		From: mailSender, To: []string{*sub.Email}, DateTime: Timestamp{now},
		Subject: "HubEE : un nouveau télédossier vous attend",
		Text: fmt.Sprintf("Bonjour,\n\nLe télédossier %s (démarche « %s ») vient d’arriver dans HubEE.\n\nL’équipe HubEE\n",
			k.ExternalID, k.folder.ProcessCode),
	})
}
