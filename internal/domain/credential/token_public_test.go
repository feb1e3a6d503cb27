package credential

import "testing"

// « the pasted secret must never be echoed back »: whatever surrounds a token, and however it is
// cut, nothing but its beginning is kept; what people look for otherwise stays as it was typed.
func TestWhatIsTypedIsCutDownToWhatOpensNothing(t *testing.T) {
	const public, secret = "7Yk2pQe9RwLx", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9f"
	const foreign = "eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiI5ZDdkM2EwZS0zZjBhLTRkN2UtOGYzZS0xZjBmNGY4YTBjMTEifQ.c2lnbmF0dXJl"
	for typed, want := range map[string]string{
		"": "", " Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson ": " Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson ", "210 401 071 00019": "210 401 071 00019", "D48231": "D48231",
		"9d7d3a0e-3f0a-4d7e-8f3e-1f0f4f8a0c11": "9d7d3a0e-3f0a-4d7e-8f3e-1f0f4f8a0c11",
		"apip_live_":                           "apip_live_", "apip_live_7Yk2": "apip_live_7Yk2", "apip_live_" + public: "apip_live_" + public,
		"apip_live_" + public + secret + "0aZ9bY": "apip_live_" + public, "API_KEY=\"apip_test_" + public + secret + "\" # prod": "apip_test_" + public,
		"apip_live_" + public[:5] + "\r\n  " + public[5:] + secret: "apip_live_" + public, "apip_live_7Y" + "!" + secret: "apip_live_7Y",
		secret: "…", "jeton " + secret + " de Majastres": "…",
		foreign: "9d7d3a0e-3f0a-4d7e-8f3e-1f0f4f8a0c11", "Bearer " + foreign: "9d7d3a0e-3f0a-4d7e-8f3e-1f0f4f8a0c11", foreign[:50]: "…",
		"eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiJjYWZlIn0.c2lnbmF0dXJl": "…", "eyJ": "eyJ",
	} {
		if got := PublicPart(typed); got != want {
			t.Errorf("%q becomes %q, want %q", typed, got, want)
		}
	}
}
