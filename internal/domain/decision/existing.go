package decision

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// existing is a habilitation that another system granted, as its list tells it (PRODUCT.md
// 3.13), read and checked.
type existing struct {
	name   string // in the report
	town   value.Siret
	of     value.Siret // the editor; "" for none
	cog    string      // of the town, for HubEE; "" where the list does not tell
	grant  Grant       // its editor is found later
	number habilitation.RequestNumber
	called string // the town
	state  habilitation.State
	stands credential.State // of the subscription; "" where the list says nothing of it
	mails  habilitation.Mailer
	tokens []credential.Inherited
}

type wirePerson struct {
	Mail       string `json:"mail"`
	GivenName  string `json:"prenom"`
	FamilyName string `json:"nom"`
	Phone      string `json:"telephone"`
	Job        string `json:"fonction"`
}

type wireGranted struct {
	Request      int64               `json:"demande"`
	Siret        string              `json:"siret"`
	Organisation string              `json:"collectivite"`
	State        habilitation.State  `json:"etat"`
	ApprovedAt   string              `json:"validee_le"`
	Title        string              `json:"intitule"`
	FormUID      string              `json:"formulaire"`
	Editor       string              `json:"editeur"`
	Token        bool                `json:"avec_jeton"`
	Form         bool                `json:"avec_formulaire"`
	Scopes       []string            `json:"donnees"`
	Requester    wirePerson          `json:"demandeur"`
	Technical    wirePerson          `json:"contact_technique"`
	Business     wirePerson          `json:"contact_metier"`
	DPD          wirePerson          `json:"dpd"`
	Controller   wirePerson          `json:"responsable_traitement"`
	Subscription credential.State    `json:"abonnement"`
	Mails        habilitation.Mailer `json:"mails"`
	Tokens       []wireToken         `json:"jetons"`
}

// wireToken is a token as the existing system keeps it: dates are seconds since 1970, as in
// its text (api-particulier.md §1.5).
type wireToken struct {
	ID        string   `json:"jti"`
	IssuedAt  int64    `json:"iat"`
	ExpiresAt int64    `json:"exp"`
	Scopes    []string `json:"donnees"`
	RevokedAt string   `json:"revoque_le"`
}

// wireTown is what is read here of a town: the rest is the directory's. A seed tells the
// habilitation with the town.
type wireTown struct {
	Name         string          `json:"name"`
	Siret        string          `json:"siret"`
	COG          string          `json:"code_cog"`
	Editor       string          `json:"editeur"`
	Requester    wirePerson      `json:"demandeur"`
	Habilitation json.RawMessage `json:"habilitation"`
}

// MaxExisting is the length of a file of another system, in bytes: far more than 35,000 towns
// take.
const MaxExisting = 64 << 20

// list is what a file of another system says.
type list struct {
	granted       []existing
	faults, notes []string
}

// readExisting understands a file. What cannot be used is told, and the rest is read all the
// same; a text that is no such file is an error.
func readExisting(source io.Reader) (list, error) {
	text, err := io.ReadAll(io.LimitReader(source, MaxExisting+1))
	switch {
	case err != nil:
		return list{}, fmt.Errorf("read list: %w", err)
	case len(text) > MaxExisting:
		return list{}, errors.New("the list is larger than 64 MB")
	}
	var file struct {
		Editors       []json.RawMessage `json:"editeurs"` // the directory's
		Towns         []json.RawMessage `json:"collectivites"`
		Habilitations []json.RawMessage `json:"habilitations"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return list{}, fmt.Errorf("understand list: %w", err)
	}
	r := &reading{towns: map[value.Siret]wireTown{}, requests: map[int64]bool{}, tokens: map[string]bool{}}
	for i, raw := range file.Towns {
		r.readTown(i, raw)
	}
	for i, raw := range file.Habilitations {
		r.readGranted(fmt.Sprintf("habilitation n°\u00a0%d", i+1), raw, wireTown{})
	}
	return r.list, nil
}

// reading is a file that is being read.
type reading struct {
	list
	towns    map[value.Siret]wireTown
	requests map[int64]bool
	tokens   map[string]bool
}

// readTown keeps what habilitations need of a town. One that cannot be read is told by the
// directory.
func (r *reading) readTown(i int, raw json.RawMessage) {
	var town wireTown
	if json.Unmarshal(raw, &town) != nil {
		return
	}
	if siret, err := value.ParseSiret(town.Siret); err == nil {
		r.towns[siret] = town
	}
	if len(town.Habilitation) > 0 && !bytes.Equal(town.Habilitation, []byte("null")) {
		r.readGranted(fmt.Sprintf("collectivité n°\u00a0%d", i+1), town.Habilitation, town)
	}
}

// readGranted reads a habilitation; with is the town that it was told with.
func (r *reading) readGranted(name string, raw json.RawMessage, with wireTown) {
	w := wireGranted{Siret: with.Siret, Editor: with.Editor, Requester: with.Requester}
	if err := json.Unmarshal(raw, &w); err != nil {
		r.faults = append(r.faults, name+"\u00a0: "+misread(err))
		return
	}
	if w.Request > 0 {
		name += " (" + habilitation.RequestNumber(w.Request).String() + ")"
	}
	for _, member := range unknownMembers(raw, wireGranted{Tokens: []wireToken{{}}}) {
		r.notes = append(r.notes, name+"\u00a0: "+quoted(member)+" n’est pas lu")
	}
	read, wrong := w.read(r.towns)
	read.name = name
	if r.requests[w.Request] {
		wrong = append(wrong, "cette demande est donnée deux fois")
	}
	r.requests[w.Request] = true
	for _, t := range read.tokens {
		if r.tokens[t.ID] {
			wrong = append(wrong, "le jeton "+t.ID+" est donné deux fois")
		}
		r.tokens[t.ID] = true
	}
	for _, sentence := range wrong {
		r.faults = append(r.faults, name+"\u00a0: "+sentence)
	}
	if len(wrong) == 0 {
		r.granted = append(r.granted, read)
	}
}

// misread says why a habilitation could not be read.
func misread(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return "la valeur de " + quoted(wrong.Field) + " n’est pas du type attendu"
	}
	return "ce n’est pas une fiche"
}

// quoted shows a text of the file on one line, whatever is in it.
func quoted(text string) string {
	return "«\u00a0" + strings.Trim(strconv.Quote(cut(text, nameLimit)), `"`) + "\u00a0»"
}

// read checks a habilitation, and says all that is wrong with it.
func (w wireGranted) read(towns map[value.Siret]wireTown) (e existing, wrong []string) {
	check := func(right bool, sentence string) {
		if !right {
			wrong = append(wrong, sentence)
		}
	}
	var err error
	e.number, e.state, e.stands, e.mails = habilitation.RequestNumber(w.Request), w.State, w.Subscription, w.Mails
	check(w.Request >= 1 && w.Request < firstOwn, "demande n’est pas un numéro de DataPass")
	e.town, err = value.ParseSiret(w.Siret)
	check(err == nil, "siret n’est pas valide")
	town := towns[e.town]
	e.cog, e.called = town.COG, line(w.Organisation, nameLimit)
	if e.called == "" {
		e.called = line(town.Name, nameLimit)
	}
	check(e.called != "", "le nom de la collectivité manque")
	if w.Editor != "" {
		e.of, err = value.ParseSiret(w.Editor)
		check(err == nil, "editeur n’est pas un SIRET valide")
	}
	check(slices.Contains(adoptable[:], w.State), "etat ne peut être que validee, reouverte, suspendue ou revoquee")
	check(w.Token || w.Form, "ni avec_jeton ni avec_formulaire")
	check(w.Subscription == "" || slices.Contains(credential.States[:], w.Subscription), "abonnement n’est pas un état connu")
	check(w.Subscription == "" || w.Form, "un abonnement sans avec_formulaire")
	check(w.Mails == "" || slices.Contains(habilitation.Mailers[:], w.Mails), "mails ne peut être que portail ou ancien")
	at, ok := readDate(w.ApprovedAt)
	check(ok, "validee_le n’est pas une date (2026-01-31T10:00:00+01:00)")
	e.grant = Grant{
		At: at, FormUID: line(w.FormUID, nameLimit), Title: line(w.Title, titleLimit), Terms: termsOfDatapass, Scopes: w.Scopes,
		Modalities: habilitation.Modalities{Token: w.Token, Form: w.Form}, ByName: approvedByDatapass,
	}
	contacts, unfit := w.contacts()
	e.grant.Contacts = contacts
	tokens, unread := w.readTokens()
	e.tokens = tokens
	return e, append(append(wrong, unfit...), unread...)
}

// adoptable are the states of what was approved once.
var adoptable = [...]habilitation.State{habilitation.Validated, habilitation.Reopened, habilitation.Suspended, habilitation.Revoked}

// contacts reads the people. The mails go to the requester, whose address is needed.
func (w wireGranted) contacts() (read habilitation.Contacts, wrong []string) {
	for _, one := range []struct {
		name string
		told wirePerson
		to   *habilitation.Contact
	}{
		{"demandeur", w.Requester, &read.Requester}, {"contact_technique", w.Technical, &read.Technical}, {"contact_metier", w.Business, &read.Business},
		{"dpd", w.DPD, &read.DPD}, {"responsable_traitement", w.Controller, &read.Controller},
	} {
		p := one.told
		*one.to = contact(p.GivenName, p.FamilyName, p.Mail, p.Phone, p.Job)
		if _, err := notice.ParseAddress(p.Mail); err != nil && (p.Mail != "" || one.name == "demandeur") {
			wrong = append(wrong, one.name+" n’a pas d’adresse mail valide")
		}
	}
	return read, wrong
}

func (w wireGranted) readTokens() (read []credential.Inherited, wrong []string) {
	if len(w.Tokens) > 0 && !w.Token {
		wrong = append(wrong, "des jetons sans avec_jeton")
	}
	for i, t := range w.Tokens {
		name := fmt.Sprintf("jeton n°\u00a0%d\u00a0: ", i+1)
		one := credential.Inherited{ID: t.ID, Scopes: t.Scopes, IssuedAt: time.Unix(t.IssuedAt, 0), ExpiresAt: time.Unix(t.ExpiresAt, 0)}
		if !value.IsUUID(t.ID) {
			wrong = append(wrong, name+"jti n’est pas un UUID en minuscules")
		}
		if t.IssuedAt < 1 || t.ExpiresAt <= t.IssuedAt || t.ExpiresAt > maxFired {
			wrong = append(wrong, name+"iat et exp ne sont pas deux dates qui se suivent, en secondes")
		}
		if t.RevokedAt != "" {
			var ok bool
			if one.RevokedAt, ok = readDate(t.RevokedAt); !ok {
				wrong = append(wrong, name+"revoque_le n’est pas une date (2026-01-31T10:00:00+01:00)")
			}
		}
		read = append(read, one)
	}
	return read, wrong
}

// readDate reads a moment, to the second.
func readDate(text string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, text)
	return at.Truncate(time.Second), err == nil && at.Unix() > 0 && at.Unix() <= maxFired
}

// unknownMembers lists what a text has that nobody reads, beside an example with all that is
// read.
func unknownMembers(raw json.RawMessage, example any) []string {
	var told, read any
	known, err := json.Marshal(example)
	if err != nil || json.Unmarshal(raw, &told) != nil || json.Unmarshal(known, &read) != nil {
		return nil
	}
	return unread("", told, read)
}

func unread(path string, told, read any) (names []string) {
	switch told := told.(type) {
	case map[string]any:
		known, _ := read.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(told)) {
			if inner, found := known[name]; found {
				names = append(names, unread(path+name+".", told[name], inner)...)
			} else if known != nil {
				names = append(names, path+name)
			}
		}
	case []any:
		if known, _ := read.([]any); len(known) > 0 {
			for _, one := range told {
				names = append(names, unread(path, one, known[0])...)
			}
		}
	}
	return slices.Compact(names)
}

// differences says in which ways what is known of a request is not what the list tells.
func (e existing) differences(r habilitation.Request, of editor.Editor) (differ []string) {
	h := r.Current
	for _, compared := range []struct {
		same bool
		what string
	}{
		{r.State == e.state, "etat"}, {r.Siret == e.town, "siret"}, {h.Title == e.grant.Title, "intitule"}, {h.FormUID == e.grant.FormUID, "formulaire"},
		{h.Modalities == e.grant.Modalities, "modalités"}, {slices.Equal(h.Scopes, e.grant.Scopes), "donnees"}, {h.Editor.Siret == of.Siret, "editeur"},
		{h.ApprovedAt.Equal(e.grant.At), "validee_le"}, {r.Requester.Mail == e.grant.Contacts.Requester.Mail, "demandeur"},
	} {
		if !compared.same {
			differ = append(differ, compared.what)
		}
	}
	return differ
}
