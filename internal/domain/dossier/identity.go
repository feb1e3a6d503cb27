package dossier

// PivotIdentity is the civil status that FranceConnect vouches for. The fields are the
// raw claims: nothing is corrected or split, since editors reconcile with them
// (formulaire-qf.md §4 and §8, 2024-09-18). Claims lists which ones came, in the order of
// the dossier format, so that an absent claim stays absent.
type PivotIdentity struct {
	FamilyName        string   `json:"family_name"`
	GivenName         string   `json:"given_name"`       // all first names joined by a space: never split it
	GivenNames        []string `json:"given_name_array"` // one entry per first name
	PreferredUsername string   `json:"preferred_username,omitempty"`
	Gender            string   `json:"gender"`     // male, female, unspecified
	Birthdate         string   `json:"birthdate"`  // YYYY-MM-DD, sometimes partial or absurd: text
	Birthplace        string   `json:"birthplace"` // commune code, "" abroad
	Birthcountry      string   `json:"birthcountry"`
	Subject           string   `json:"sub"` // never leaves the attempt
	// Present lists the claims that FranceConnect returned among family_name, given_name,
	// gender, birthdate, birthplace, birthcountry.
	Present []string `json:"present"`
}
