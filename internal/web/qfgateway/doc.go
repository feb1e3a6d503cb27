// Package qfgateway is API Particulier's two routes of the quotient familial, as the
// software of towns calls them: an existing client works unchanged (PRODUCT.md 3.5). What
// is compared by programs — names, codes, statuses, sentences, content types — is that of
// reference/api-particulier.md §7; the sentences are in templates/messages/gateway.tmpl.
//
// A call is checked in the order of §7.5: the token and its state, how many calls its
// habilitation made in this second, what it opens, whether the same question is being
// answered already, the recipient, the parameters. Then API Particulier is asked by our
// own token in the name of the town, and the answer is cut down to what the habilitation
// opens.
//
// Beside them, /api/introspect tells a software what its own token opens, as there.
//
// No answer is kept, for PRODUCT.md §6 gives nobody the right to keep a quotient:
// X-Response-Cached is always false, and the provider's own trace sees each call.
//
// A token in the address is refused without being looked up, like a header that comes
// twice and two headers that differ: what was shown there was shown to others, or nobody
// knows which one was meant. HEAD is answered as GET is, without the body.
//
// What is traced of a call tells the token, the town and the outcome, never the person.
package qfgateway
