package seal

import (
	"bytes"
	"testing"
)

func TestASealedTextOpensOnlyInItsPlace(t *testing.T) {
	ring := parse(t, NewKey("k1"))
	sealed := ring.Seal([]byte("secret"), "attempt 1")
	plain, err := ring.Open(sealed, "attempt 1")
	if err != nil || string(plain) != "secret" {
		t.Fatalf("Open = %q, %v", plain, err)
	}
	if _, err := ring.Open(sealed, "attempt 2"); err == nil {
		t.Error("a text moved to another row opened")
	}
	for i := range sealed {
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		if _, err := ring.Open(altered, "attempt 1"); err == nil {
			t.Errorf("a text altered at octet %d opened", i)
		}
	}
}

func TestAKeyIsReplacedByAddingAnotherInFront(t *testing.T) {
	old, fresh := NewKey("k1"), NewKey("k2")
	sealed := parse(t, old).Seal([]byte("secret"), "here")
	both := parse(t, fresh+","+old)
	if _, err := both.Open(sealed, "here"); err != nil {
		t.Error("the old key no longer opens:", err)
	}
	if _, err := parse(t, fresh).Open(both.Seal([]byte("new"), "here"), "here"); err != nil {
		t.Error("the first key is not the one that seals:", err)
	}
	if _, err := parse(t, fresh).Open(sealed, "here"); err == nil {
		t.Error("a key that left the ring still opens")
	}
}

func TestARowKeyErasesItsRowAlone(t *testing.T) {
	ring := parse(t, NewKey("k1"))
	key, sealed := ring.SealRow([]byte("payload"), "dossier A")
	more, err := ring.SealWithRowKey(key, []byte("files"), "dossier A")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{string(sealed): "payload", string(more): "files"} {
		if plain, err := ring.OpenRow(key, []byte(text), "dossier A"); err != nil || string(plain) != want {
			t.Errorf("OpenRow = %q, %v; want %q", plain, err, want)
		}
	}
	otherKey, _ := ring.SealRow([]byte("x"), "dossier A")
	if _, err := ring.OpenRow(otherKey, sealed, "dossier A"); err == nil {
		t.Error("the row opened with another row's key")
	}
	if _, err := ring.OpenRow(key, sealed, "dossier B"); err == nil {
		t.Error("the row opened in another place")
	}
}

// « which keys are missing » is told before anything is opened.
func TestASealedTextNamesItsKey(t *testing.T) {
	ring := parse(t, NewKey("k-2026")+","+NewKey("old"))
	key, _ := ring.SealRow([]byte("payload"), "dossier A")
	for _, sealed := range [][]byte{ring.Seal([]byte("secret"), "here"), key} {
		if name, ok := KeyOf(sealed); !ok || name != "k-2026" {
			t.Errorf("the key is %q, %v", name, ok)
		}
	}
	for _, text := range []string{"", "\x01", "\x01\x05ab", "\x02\x01k", "\x01\x00", "\x01\x02K1 a", "{}"} {
		if name, ok := KeyOf([]byte(text)); ok {
			t.Errorf("%q is said to be sealed by %q", text, name)
		}
	}
	if _, err := ring.Open(key, RowKeyPlace("dossier A")); err != nil {
		t.Error("the key of a row is not where it is said to be:", err)
	}
}

func TestABadRingIsRefusedAtStart(t *testing.T) {
	for _, configured := range []string{"", "k1", "k1:short", "K1:" + NewKey("k")[2:], NewKey("k1") + "," + NewKey("k1")} {
		if _, err := Parse(configured); err == nil {
			t.Errorf("Parse(%q) accepted", configured)
		}
	}
}

func parse(t *testing.T, configured string) *Ring {
	t.Helper()
	ring, err := Parse(configured)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}
