package credential_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"hash"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/value"
)

const (
	foreignKey  = "clef-partagee-par-site-et-siade-0123456789"
	foreignID   = "3f0b6c1e-9d52-4a77-8c1b-5e6f7a8b9c0d"
	otherID     = "3f0b6c1e-9d52-4a77-8c1b-5e6f7a8b9c0e"
	plainHeader = `{"alg":"HS256"}`
	// plainClaims are those of the existing system (api-particulier.md §2.1); they expired in 2021.
	plainClaims = `{"uid":"` + foreignID + `","jti":"` + foreignID + `","scopes":["cnaf_quotient_familial"],"sub":"Cantine","extra_info":{},"iat":1577836800,"version":"1.0","exp":1625097600}`
)

func encoded(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func signedBy(key string, with func() hash.Hash, header, claims string) string {
	text := encoded(header) + "." + encoded(claims)
	made := hmac.New(with, []byte(key))
	made.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(made.Sum(nil))
}

func signed(header, claims string) string {
	return signedBy(foreignKey, sha256.New, header, claims)
}

func readForeign(text string) (string, bool) {
	return credential.ForeignKey{Key: foreignKey}.ID(value.Secret(text))
}

// « JWT HS256, one secret shared by site and siade … siade ignores the JWT exp »
// (api-particulier.md §2.1): a token that was prolonged shows the same text as before.
func TestATokenOfTheExistingSystemSaysWhichItIs(t *testing.T) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(foreignKey)}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	object, err := signer.Sign([]byte(plainClaims))
	if err != nil {
		t.Fatal(err)
	}
	byLibrary, err := object.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"signed by a library": byLibrary,
		"as the site does":    signed(plainHeader, plainClaims),
		"without uid":         signed(`{"typ":"JWT","alg":"HS256"}`, `{"jti":"`+foreignID+`","version":"1.0"}`),
		"exp of no sense":     signed(plainHeader, `{"jti":"`+foreignID+`","version":"1.0","exp":"hier"}`),
	} {
		if id, ok := readForeign(text); !ok || id != foreignID {
			t.Errorf("%s: %q, %v", name, id, ok)
		}
	}
}

func TestNoOtherTextIsATokenOfTheExistingSystem(t *testing.T) {
	plain := signed(plainHeader, plainClaims)
	head, rest, _ := strings.Cut(plain, ".")
	body, signature, _ := strings.Cut(rest, ".")
	claims := func(text string) string { return signed(plainHeader, text) }
	for name, text := range map[string]string{
		"nothing":                  "",
		"dots":                     "..",
		"two parts":                head + "." + body,
		"four parts":               plain + "." + signature,
		"no signature":             head + "." + body + ".",
		"another key":              signedBy("une-autre-clef", sha256.New, plainHeader, plainClaims),
		"no key":                   signedBy("", sha256.New, plainHeader, plainClaims),
		"none":                     encoded(`{"alg":"none"}`) + "." + body + ".",
		"none, signed":             signed(`{"alg":"none"}`, plainClaims),
		"RS256":                    signed(`{"alg":"RS256"}`, plainClaims),
		"HS512":                    signedBy(foreignKey, sha512.New, `{"alg":"HS512"}`, plainClaims),
		"hs256":                    signed(`{"alg":"hs256"}`, plainClaims),
		"no algorithm":             signed(`{"typ":"JWT"}`, plainClaims),
		"algorithm twice":          signed(`{"alg":"none","alg":"HS256"}`, plainClaims),
		"an algorithm of its own":  signed(`{"alg":["HS256"]}`, plainClaims),
		"something critical":       signed(`{"alg":"HS256","crit":["exp"],"exp":1}`, plainClaims),
		"crit of nothing":          signed(`{"alg":"HS256","crit":[]}`, plainClaims),
		"a header that goes on":    signed(plainHeader+`{}`, plainClaims),
		"a header that is a list":  signed(`["HS256"]`, plainClaims),
		"an id changed":            head + "." + encoded(strings.ReplaceAll(plainClaims, foreignID, otherID)) + "." + signature,
		"padding":                  plain + "=",
		"a line feed":              plain + "\n",
		"a line feed in the midst": head + ".\n" + body + "." + signature,
		"a loose bit":              plain[:len(plain)-1] + loosened(plain[len(plain)-1]),
		"another alphabet":         strings.NewReplacer("-", "+", "_", "/").Replace(signedWithDash(t)),
		"no id":                    claims(`{"version":"1.0"}`),
		"no version":               claims(`{"jti":"` + foreignID + `"}`),
		"another version":          claims(`{"jti":"` + foreignID + `","version":"2.0"}`),
		"a version that is number": claims(`{"jti":"` + foreignID + `","version":1.0}`),
		"upper case":               claims(`{"jti":"` + strings.ToUpper(foreignID) + `","version":"1.0"}`),
		"no UUID":                  claims(`{"jti":"` + foreignID[:35] + `","version":"1.0"}`),
		"an id on two lines":       claims(`{"jti":"` + foreignID + `\n","version":"1.0"}`),
		"two ids":                  claims(`{"jti":"` + foreignID + `","uid":"` + otherID + `","version":"1.0"}`),
		"uid of nothing":           claims(`{"jti":"` + foreignID + `","uid":null,"version":"1.0"}`),
		"id twice":                 claims(`{"jti":"` + otherID + `","jti":"` + foreignID + `","version":"1.0"}`),
		"id twice, disguised":      claims(`{"jti":"` + otherID + `","\u006ati":"` + foreignID + `","version":"1.0"}`),
		"claims that are a list":   claims(`["` + foreignID + `"]`),
		"claims cut short":         claims(plainClaims[:len(plainClaims)-1]),
		"claims that go on":        claims(plainClaims + plainClaims),
		"too long":                 claims(`{"jti":"` + foreignID + `","version":"1.0","sub":"` + strings.Repeat("a", 4096) + `"}`),
	} {
		if id, ok := readForeign(text); ok {
			t.Errorf("%s is taken for %s", name, id)
		}
	}
	if _, ok := (credential.ForeignKey{}).ID(value.Secret(signedBy("", sha256.New, plainHeader, plainClaims))); ok {
		t.Error("without a key anybody signs")
	}
}

// loosened is another writing of the same last bits: 32 octets leave two of them over.
func loosened(last byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, last)^1])
}

// signedWithDash is a token whose signature has what the other alphabet of base64 writes in another way.
func signedWithDash(t *testing.T) string {
	t.Helper()
	for i := range 100 {
		text := signed(plainHeader, strings.Replace(plainClaims, "Cantine", "Cantine "+strings.Repeat("a", i), 1))
		if strings.ContainsAny(text[strings.LastIndexByte(text, '.'):], "-_") {
			return text
		}
	}
	t.Fatal("no such signature")
	return ""
}

// Whatever is shown, only what the key signed is believed.
func FuzzForeignToken(f *testing.F) {
	f.Add(signed(plainHeader, plainClaims))
	f.Add(signed(`{"alg":"none"}`, plainClaims))
	f.Add(encoded(`{"alg":"HS256","alg":"HS256"}`) + ".e30.")
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := readForeign(text)
		if ok != (id != "") || ok && !value.IsUUID(id) {
			t.Fatalf("%q, %v", id, ok)
		}
		if !ok {
			return
		}
		object, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.HS256})
		if err != nil {
			t.Fatalf("a library refuses it: %v", err)
		}
		verified, err := object.Verify([]byte(foreignKey))
		var said struct{ JTI string }
		if err != nil || json.Unmarshal(verified, &said) != nil || said.JTI != id {
			t.Fatalf("a library reads %s as %q (%v)", id, said.JTI, err)
		}
	})
}
