package dossier

import (
	"encoding/json"
	"strconv"
)

// legacyQuotient repeats the quotient in the shape of API Particulier's v2, which editors'
// software of before April 2025 reads (formulaire-qf.md §4 and §8, PR 208).
func (q *Quotient) legacyQuotient() Object {
	amount := q.amount()
	return Object{}.
		with("regime", scalar(amount.Get("fournisseur"))).
		with("allocataires", legacyPersons(q.Data.Get(sectionHolders))).
		with("enfants", legacyPersons(q.Data.Get(sectionChildren))).
		with("quotientFamilial", numeral(amount.Get("valeur"))).
		with("annee", numeral(amount.Get("annee"))).
		with("mois", numeral(amount.Get("mois"))).
		with("version", "v2")
}

// legacyPersons never gives null: v2 knows empty lists, not absent ones.
func legacyPersons(section any) []any {
	list := []any{}
	for _, raw := range personObjects(section) {
		year, month, day := legacyBirthdate(raw.Get("date_naissance"))
		list = append(list, Object{}.
			with("nomNaissance", scalar(raw.Get("nom_naissance"))).
			with("nomUsuel", scalar(raw.Get("nom_usage"))).
			with("prenoms", scalar(raw.Get("prenoms"))).
			with("anneeDateDeNaissance", year).
			with("moisDateDeNaissance", month).
			with("jourDateDeNaissance", day).
			with("sexe", scalar(raw.Get("sexe"))))
	}
	return list
}

// legacyBirthdate splits a date into v2's three texts; an unknown part is null, as in
// v2's own answers (reference/api-particulier.md §7.3).
func legacyBirthdate(raw any) (year, month, day any) {
	date := partialDate(text(raw))
	if date == "" {
		return nil, nil, nil
	}
	known := func(part, unknown string) any {
		if part == unknown {
			return nil
		}
		return part
	}
	return known(date[:4], "0000"), known(date[5:7], "00"), known(date[8:], "00")
}

// scalar lets a value through unless it is an object or a list, which v2 never has there.
func scalar(value any) any {
	switch value.(type) {
	case Object, []any:
		return nil
	}
	return value
}

// numeral keeps a number as written, reads one written as text, and gives null otherwise.
func numeral(value any) any {
	if _, ok := value.(json.Number); ok {
		return value
	}
	number, known := whole(value)
	if !known {
		return nil
	}
	return json.Number(strconv.Itoa(number))
}
