package credential

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"portail-qf/internal/domain/habilitation"
)

// The fields of the local administrator, as Failure.Field names them.
const (
	FieldMail       = "mail"
	FieldPhone      = "telephone"
	FieldGivenName  = "prenom"
	FieldFamilyName = "nom"
	FieldJob        = "fonction"
)

// HubEE's narrow patterns (reference/hubee.md §10.1): they refuse a "+", a capital in the
// last part of a domain, ".paris", ".alsace".
var (
	hubMail  = regexp.MustCompile(`^[a-zA-Z0-9._-]+@[a-zA-Z0-9._-]{2,}\.[a-z]{2,4}$`)
	hubPhone = regexp.MustCompile(`^\+[0-9]{10,20}$|^[0-9]{10,20}$`)
)

// The limits of HubEE, in characters.
const (
	hubMailLimit = 320
	hubTextLimit = 255
)

// FieldFault is a field of the local administrator that HubEE would refuse.
type FieldFault struct {
	Field string
	Code  string // of a sentence: "hubee.mail_narrow"
}

// CheckAdministrator says what HubEE would refuse, before it is asked (PRODUCT.md 3.4).
// Without both names HubEE makes no account and writes to nobody.
func CheckAdministrator(c habilitation.Contact) []FieldFault {
	var faults []FieldFault
	refuse := func(field, code string) { faults = append(faults, FieldFault{field, code}) }
	switch {
	case c.Mail == "":
		refuse(FieldMail, "hubee.mail_missing")
	case !hubMail.MatchString(c.Mail) || len(c.Mail) > hubMailLimit:
		refuse(FieldMail, "hubee.mail_narrow")
	}
	for _, name := range []struct{ field, text string }{{FieldGivenName, c.GivenName}, {FieldFamilyName, c.FamilyName}} {
		switch {
		case strings.TrimSpace(name.text) == "":
			refuse(name.field, "hubee.name_missing")
		case utf8.RuneCountInString(name.text) > hubTextLimit:
			refuse(name.field, "hubee.text_long")
		}
	}
	if phone := CleanPhone(c.Phone); phone != "" && !hubPhone.MatchString(phone) {
		refuse(FieldPhone, "hubee.phone_narrow")
	}
	if utf8.RuneCountInString(c.Job) > hubTextLimit {
		refuse(FieldJob, "hubee.text_long")
	}
	return faults
}

// CleanPhone leaves out what people write between the digits of a telephone number, such as
// spaces, dots, dashes and the (0) of numbers from abroad.
func CleanPhone(written string) string {
	if strings.HasPrefix(strings.TrimSpace(written), "+") {
		written = strings.Replace(written, "(0)", "", 1)
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .-/()\u00a0\u202f\u2011\t", r) {
			return -1
		}
		return r
	}, written)
}
