package inquiry

// Version is a version of the API: the same question under other names.
type Version int

// The versions.
const (
	V2 Version = 2
	V3 Version = 3
)

// parameter is a part of a question.
type parameter int

const (
	recipient parameter = iota
	birthName
	usualName
	firstNames
	birthYear
	birthMonth
	birthDay
	sex
	country
	commune
	communeName
	departement
	year
	month
	parameters // how many there are
)

// names are what the versions call the parameters (§7.2).
var names = map[Version][parameters]string{
	V2: {
		recipient: "recipient", birthName: "nomNaissance", usualName: "nomUsage", firstNames: "prenoms",
		birthYear: "anneeDateDeNaissance", birthMonth: "moisDateDeNaissance", birthDay: "jourDateDeNaissance", sex: "sexe",
		country: "codePaysLieuDeNaissance", commune: "codeInseeLieuDeNaissance",
		communeName: "nomCommuneNaissance", departement: "codeInseeDepartementNaissance", year: "annee", month: "mois",
	},
	V3: {
		recipient: "recipient", birthName: "nomNaissance", usualName: "nomUsage", firstNames: "prenoms",
		birthYear: "anneeDateNaissance", birthMonth: "moisDateNaissance", birthDay: "jourDateNaissance", sex: "sexeEtatCivil",
		country: "codeCogInseePaysNaissance", commune: "codeCogInseeCommuneNaissance",
		communeName: "nomCommuneNaissance", departement: "codeCogInseeDepartementNaissance", year: "annee", month: "mois",
	},
}

// list follows the name of a parameter that has several values.
const list = "[]"

// Code is what API Particulier calls a refusal: five digits (§7.4).
type Code string

// The codes of the parameters.
const (
	CodeRecipient   Code = "00210"
	CodeBirthName   Code = "00420"
	CodeCivility    Code = "00366"
	CodeFirstNames  Code = "00367"
	CodeBirthDate   Code = "00363"
	CodeSex         Code = "00427"
	CodeCountry     Code = "00400"
	CodeBirthPlace  Code = "00365"
	CodeDepartement Code = "00428"
	CodeYear        Code = "00356"
	CodeMonth       Code = "00354"
)

// The codes of tokens, and of calls.
const (
	CodePrivileges Code = "00100"
	CodeToken      Code = "00101"
	CodeExpired    Code = "00103"
	CodeBarred     Code = "00105"
	CodeTooMany    Code = "00429"
	CodeInProgress Code = "00015"
)

// The codes of an API Particulier that does not answer as it should. 35 is what it calls
// CNAF and MSA taken together.
const (
	CodeNetwork    Code = "00501"
	CodeDown       Code = "35001"
	CodeSlow       Code = "35002"
	CodeResolution Code = "35004"
	CodeThrottled  Code = "35008"
	CodeUnknown    Code = "35999"
)
