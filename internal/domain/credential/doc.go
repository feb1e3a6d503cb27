// Package credential is what an approval lets a town's software use: the subscription at
// HubEE, by which the dossiers of citizens reach it.
//
// The subscription is brought about by a saga (Provisioning) that may stop anywhere, be
// killed, and start again: each step is found done before it is done, and "already exists"
// is an answer like another. There is one subscription a town, by the key of its table.
package credential
