package editorspace

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/web"
)

// The secret is drawn for nobody.
const sampleSecret = "qf_secret_0000000000000000000000000000000000000000000sample"

// sampleProgram is one that calls, with two secrets.
func sampleProgram(i int) machine.Client {
	made := sampleNow().Add(-time.Duration(40+i) * 24 * time.Hour)
	return machine.Client{
		ID: fmt.Sprintf("qf_client_Exemple%09d", i), Editor: manager().Organisation, Name: fmt.Sprintf("Serveur de production %d", i+1),
		Scopes:    machine.Scopes[:1+i%len(machine.Scopes)],
		Networks:  []netip.Prefix{netip.MustParsePrefix("203.0.113.7/32"), netip.MustParsePrefix("2001:db8::/48")}[:i%3],
		CreatedAt: made, CreatedBy: "Camille Ferrand", LastUse: sampleNow().Add(-time.Duration(i) * time.Hour), Revision: 2,
		Secrets: []machine.Secret{
			{ID: int64(70 + 2*i), Rank: 1 + i, CreatedAt: made, CreatedBy: "Camille Ferrand", LastUse: sampleNow().Add(-time.Hour)},
			{ID: int64(71 + 2*i), Rank: 2 + i, CreatedAt: sampleNow().Add(-time.Hour), CreatedBy: "Dominique Talbot"},
		},
	}
}

// unused is one that never called, without secret.
func unused() machine.Client {
	client := sampleProgram(2)
	client.LastUse, client.Secrets = time.Time{}, nil
	return client
}

func revoked() machine.Client {
	client := sampleProgram(4)
	client.RevokedAt, client.RevokedBy, client.Secrets = sampleNow(), "Camille Ferrand", nil
	return client
}

func longProgram() machine.Client {
	client := sampleProgram(2)
	client.Name, client.CreatedBy, client.Secrets[0].CreatedBy = strings.Repeat("SERVEUR", 8), strings.Repeat("DUBOIS", 40), hostile
	for i := range byte(machine.MaxNetworks) {
		client.Networks = append(client.Networks[:i], netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, i}), 128))
	}
	return client
}

func programsSamples(page web.ProPage) []web.Sample[programsPage] {
	show := func(actor account.Actor, listed ...machine.Client) programsPage {
		p := newProgramsPage(framed(page, actor, apiPath), listed)
		p.CanWrite = actor.Role == account.EditorAdmin
		return p
	}
	var full []machine.Client
	for i := range machine.MostClients {
		full = append(full, sampleProgram(i))
	}
	named := sampleProgram(1)
	named.Name = hostile
	done := show(manager(), sampleProgram(0), revoked())
	done.Flash = "done.acces-api-coupe"
	return []web.Sample[programsPage]{
		{Name: "courte", Content: show(manager(), sampleProgram(0), sampleProgram(1), unused(), revoked())},
		{Name: "pleine", Content: show(manager(), full...)},
		{Name: "faite", Content: done},
		{Name: "vide", Content: show(manager())},
		{Name: "vide-sans-boutons", Content: show(member())},
		{Name: "sans-boutons", Content: show(member(), sampleProgram(0))},
		{Name: "nom-long", Content: show(manager(), longProgram(), named)},
	}
}

func programSamples(page web.ProPage) []web.Sample[programPage] {
	show := func(actor account.Actor, client machine.Client) programPage {
		p := newProgramPage(framed(page, actor, programPath(client.ID)), client, sampleNow())
		p.CanWrite = actor.Role == account.EditorAdmin && !client.Revoked()
		return p
	}
	one := sampleProgram(0)
	one.Secrets = one.Secrets[:1]
	done := show(manager(), one)
	done.Flash = "done.secret-api-supprime"
	changed := show(manager(), sampleProgram(1))
	changed.Flash = "done.acces-api-modifie"
	return []web.Sample[programPage]{
		{Name: "deux-secrets", Content: show(manager(), sampleProgram(2))},
		{Name: "un-secret", Content: done},
		{Name: "modifie", Content: changed},
		{Name: "sans-secret", Content: show(manager(), unused())},
		{Name: "coupe", Content: show(manager(), revoked())},
		{Name: "sans-boutons", Content: show(member(), sampleProgram(0))},
		{Name: "nom-long", Content: show(manager(), longProgram())},
	}
}

func programFormSamples(page web.ProPage) []web.Sample[programFormPage] {
	page = framed(page, manager(), apiPath+"/nouveau")
	show := func(client machine.Client, d description) programFormPage { return newProgramFormPage(page, client, d) }
	typed := url.Values{"nom": {"Serveur"}, "droits": {"clients", "jetons"}, "adresses": {"203.0.113.7\n203.0.113.0/99\n</textarea><script>"}}
	empty := readDescription(url.Values{})
	taken := readDescription(url.Values{"nom": {"Serveur"}, "droits": {"clients"}})
	taken.Name = taken.Name.Refused("api_client.name_taken")
	full := readDescription(url.Values{"nom": {"Serveur"}, "droits": {"clients"}})
	full.Name = full.Name.Refused("api_client.too_many")
	return []web.Sample[programFormPage]{
		{Name: "vierge", Content: show(machine.Client{}, describe(machine.Client{Scopes: machine.Usual()}))},
		{Name: "modification", Content: show(sampleProgram(2), describe(sampleProgram(2)))},
		{Name: "adresses-refusees", Content: show(sampleProgram(2), readDescription(typed))},
		{Name: "refuse", Content: show(machine.Client{}, empty.refusedFor(empty.settings().Check()))},
		{Name: "nom-pris", Content: show(machine.Client{}, taken)},
		{Name: "trop-d-acces", Content: show(machine.Client{}, full)},
		{Name: "longue", Content: show(longProgram(), describe(longProgram()))},
	}
}

func programActSamples(page web.ProPage) []web.Sample[programActPage] {
	page = framed(page, manager(), programPath(sampleProgram(0).ID)+"/coupure")
	two, one := sampleProgram(0), sampleProgram(1)
	one.Secrets = one.Secrets[:1]
	end := func(client machine.Client) programActPage {
		p := newProgramActPage(page, client, actEndSecret)
		p.Secret, p.URL = newSecretRow(client, client.Secrets[0], sampleNow()), secretPath(client.ID, client.Secrets[0].ID)
		return p
	}
	return []web.Sample[programActPage]{
		{Name: "coupure", Content: newProgramActPage(page, two, actRevoke)},
		{Name: "secret", Content: newProgramActPage(page, one, actAddSecret)},
		{Name: "fin", Content: end(two)},
		{Name: "fin-du-seul", Content: end(one)},
		{Name: "nom-long", Content: newProgramActPage(page, longProgram(), actRevoke)},
	}
}

func secretSamples(page web.ProPage) []web.Sample[secretPage] {
	page = framed(page, manager(), apiPath+"/nouveau")
	return []web.Sample[secretPage]{
		{Name: "nouvel-acces", Content: newSecretPage(page, sampleProgram(0), sampleSecret, true)},
		{Name: "second-secret", Content: newSecretPage(page, longProgram(), sampleSecret, false)},
	}
}
