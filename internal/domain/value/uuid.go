package value

// IsUUID tells whether a text is a UUID in the one way in which we write it, of lower case
// (RFC 9562, 4).
func IsUUID(text string) bool {
	const shape = "00000000-0000-0000-0000-000000000000"
	if len(text) != len(shape) {
		return false
	}
	for i := range len(text) {
		if shape[i] == '-' {
			if text[i] != '-' {
				return false
			}
		} else if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
