// Package credential is what an approval lets a town's software use: the token of API
// Particulier, which opens the gateway, and the subscription at HubEE, by which the dossiers of
// citizens reach it.
//
// A Token is drawn by a Mint, kept as a keyed hash, and its text sealed until one of the two
// sides has it safe (Tokens). Its state is never stored: TokenState is made of what happened to
// it and of the time. A habilitation has one token that goes on, by the key of its table, and
// one more for an overlap. The Gate tells what a token opens at each call, and remembers
// nothing: whatever cuts a token cuts it everywhere at once. The Tally counts the calls.
//
// The subscription is brought about by a saga (Provisioning) that may stop anywhere, be
// killed, and start again: each step is found done before it is done, and "already exists"
// is an answer like another. There is one subscription a town, by the key of its table.
//
// By that subscription HubEE gives the town's software a pair, client id and secret
// (HubAccount), which only its portal shows. The editor that receives the dossiers may leave it
// here, one by one or by a list, or say that it has it: it is sealed, tried by a real token
// call, shown after a second factor, and erased when the dossiers pass to another editor. A pair
// that HubEE has accepted is replaced by none but another that it accepts: a new one waits beside
// it, as its candidate.
package credential
