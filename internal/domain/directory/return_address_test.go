package directory

import "testing"

// « redirect_uri: https, declared per editor or per town (host + path prefix by whole
// segments, any query), never followed by us, shown as a link with its host » (PRODUCT.md 3.6).
func TestOnlyDeclaredReturnAddressesBecomeLinks(t *testing.T) {
	declared := []ReturnAddress{
		mustParse(t, "https://portail.example.fr/retour"),
		mustParse(t, "https://ville.example.fr"),
		mustParse(t, "https://essai.example.fr:8443/a/"),
	}
	tests := []struct{ name, requested, want string }{
		{"as declared", "https://portail.example.fr/retour", "https://portail.example.fr/retour"},
		{"any query", "https://portail.example.fr/retour?famille=12&x=%C3%A9", "https://portail.example.fr/retour?famille=12&x=%C3%A9"},
		{"below the prefix", "https://portail.example.fr/retour/espace", "https://portail.example.fr/retour/espace"},
		{"final slash", "https://portail.example.fr/retour/", "https://portail.example.fr/retour/"},
		{"host in capitals", "https://PORTAIL.example.FR/retour", "https://portail.example.fr/retour"},
		{"default port", "https://portail.example.fr:443/retour", "https://portail.example.fr/retour"},
		{"whole host", "https://ville.example.fr/n/importe", "https://ville.example.fr/n/importe"},
		{"whole host, no path", "https://ville.example.fr", "https://ville.example.fr"},
		{"declared port", "https://essai.example.fr:8443/a/b", "https://essai.example.fr:8443/a/b"},

		{"half a segment", "https://portail.example.fr/retour-pirate", ""},
		{"dot segments out", "https://portail.example.fr/retour/../admin", ""},
		{"encoded dot segments out", "https://portail.example.fr/retour/%2e%2e/admin", ""},
		{"encoded slash", "https://portail.example.fr/retour%2f..%2fadmin", ""},
		{"backslash", `https://portail.example.fr\@evil.example/retour`, ""},
		{"other host", "https://evil.example/retour", ""},
		{"host as suffix", "https://portail.example.fr.evil.example/retour", ""},
		{"host as prefix", "https://evil-portail.example.fr/retour", ""},
		{"user", "https://portail.example.fr@evil.example/retour", ""},
		{"user of the right host", "https://moi@portail.example.fr/retour", ""},
		{"fragment", "https://portail.example.fr/retour#x", ""},
		{"empty fragment", "https://portail.example.fr/retour#", ""},
		{"http", "http://portail.example.fr/retour", ""},
		{"script", "javascript:alert(1)//https://portail.example.fr/retour", ""},
		{"data", "data:text/html,<script>alert(1)</script>", ""},
		{"no scheme", "//portail.example.fr/retour", ""},
		{"homograph", "https://pоrtail.example.fr/retour", ""}, // a Cyrillic о
		{"other port", "https://portail.example.fr:8443/retour", ""},
		{"empty port", "https://portail.example.fr:/retour", ""},
		{"IPv4", "https://127.0.0.1/retour", ""},
		{"short IPv4", "https://127.1/retour", ""},
		{"IPv6", "https://[::1]/retour", ""},
		{"final dot", "https://portail.example.fr./retour", ""},
		{"one label", "https://localhost/retour", ""},
		{"line break", "https://portail.example.fr/retour\r\nSet-Cookie: a=b", ""},
		{"space", " https://portail.example.fr/retour", ""},
		{"empty", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok := AllowedReturn(test.requested, declared)
			if got.URL != test.want || ok != (test.want != "") {
				t.Errorf("AllowedReturn(%q) = %q, %v; want %q", test.requested, got.URL, ok, test.want)
			}
		})
	}
}

func TestAnAddressIsDeclaredWithoutQueryAndForANamedHost(t *testing.T) {
	for _, text := range []string{"", "https://", "http://ville.example.fr", "https://ville.example.fr/?a=b", "https://10.0.0.1/", "https://0x7f.1/", "https://ville", "https://é.fr"} {
		if a, err := ParseReturnAddress(text); err == nil {
			t.Errorf("ParseReturnAddress(%q) = %q, accepted", text, a)
		}
	}
}

func mustParse(t *testing.T, declared string) ReturnAddress {
	t.Helper()
	a, err := ParseReturnAddress(declared)
	if err != nil {
		t.Fatalf("ParseReturnAddress(%q): %v", declared, err)
	}
	return a
}
