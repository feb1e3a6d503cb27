package stage

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// SeedFile is the seed as the portal imports it.
//
//go:embed seed.json
var SeedFile []byte

//go:embed forms.json
var formsFile []byte

// Forms is the file of request forms as the portal publishes them: the generic one, and those
// of the seed's editors, one of each kind of datapass.md §1.3–1.5.
func Forms() []byte { return formsFile }

// Seed is what the simulators read of the same file.
type Seed struct {
	Editors []Editor        `json:"editeurs"`
	Towns   []Town          `json:"collectivites"`
	People  []Professional  `json:"personnes"`
	Others  []Establishment `json:"autres_etablissements"`
}

// Professional is somebody who may sign in with ProConnect.
type Professional struct {
	Key       string `json:"cle"`
	FirstName string `json:"prenom"`
	LastName  string `json:"nom"`
	Mail      string `json:"mail"`
	Subject   string `json:"sub"`
	Siret     string `json:"siret"`
	Roles     []Held `json:"roles"` // none: the portal lets in who signs in for a local authority, and nobody else
}

// Held is a role; without an organisation it is of the operator.
type Held struct {
	Role         string `json:"role"`
	Organisation string `json:"organisation"`
}

// Claims are what ProConnect says of the person.
func (p Professional) Claims() map[string]any {
	return map[string]any{
		"sub": p.Subject, "given_name": p.FirstName, "usual_name": p.LastName, "email": p.Mail, "siret": p.Siret, "uid": p.Key,
	}
}

// Establishment is in the register, and neither an editor's nor a town's.
type Establishment struct {
	Siret    string `json:"siret"`
	Name     string `json:"nom"`
	COG      string `json:"code_commune"`
	Postcode string `json:"code_postal"`
	Commune  string `json:"commune"`
	Category string `json:"categorie"`
	Closed   bool   `json:"ferme"`
}

// Editor is a publisher of software.
type Editor struct {
	Name             string   `json:"nom"`
	Siret            string   `json:"siret"`
	COG              string   `json:"code_commune"`
	TechnicalContact string   `json:"contact_technique"`
	Returns          []string `json:"adresses_de_retour"`
	API              API      `json:"acces_api"`
}

// API is how the program of an editor is let in by the portal.
type API struct {
	ID     string `json:"identifiant"`
	Secret string `json:"secret"`
}

// Town is a collectivity in one of the situations of DEMO.md.
type Town struct {
	Name      string `json:"name"`
	Siret     string `json:"siret"`
	COG       string `json:"code_cog"`
	Postcode  string `json:"code_postal"`
	Commune   string `json:"commune"`
	Situation string `json:"situation"`
	Editor    string `json:"editeur"`
	Requester Person `json:"demandeur"`
	Token     Token  `json:"jeton"`
}

// Token is that of a town whose software has it already; zero for none. It opens nothing but
// invented families.
type Token struct {
	Text string `json:"texte"`
}

// Person is who asked for the habilitation of a town.
type Person struct {
	Mail      string `json:"mail"`
	FirstName string `json:"prenom"`
	LastName  string `json:"nom"`
}

// ReadSeed reads SeedFile.
func ReadSeed() (Seed, error) {
	var seed Seed
	if err := json.Unmarshal(SeedFile, &seed); err != nil {
		return Seed{}, fmt.Errorf("read the seed: %w", err)
	}
	return seed, nil
}

// Admits tells whether whoever signs in for an establishment enters it as an agent, without
// any role given before: a local authority that is not closed.
func (s Seed) Admits(siret string) bool {
	return slices.ContainsFunc(s.Others, func(e Establishment) bool {
		return e.Siret == siret && strings.HasPrefix(e.Category, "72") && !e.Closed
	})
}

// editor finds the editor of a town.
func (s Seed) editor(town Town) (Editor, bool) {
	for _, e := range s.Editors {
		if e.Siret == town.Editor {
			return e, true
		}
	}
	return Editor{}, false
}
