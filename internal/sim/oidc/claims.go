package oidc

// Pick returns those of the named claims that the person has.
func Pick(person map[string]any, names ...string) map[string]any {
	claims := map[string]any{}
	for _, name := range names {
		if value, found := person[name]; found {
			claims[name] = value
		}
	}
	return claims
}

// Or returns a claim of the person, or what the provider says by itself.
func Or(person map[string]any, name string, usual any) any {
	if value, found := person[name]; found {
		return value
	}
	return usual
}
