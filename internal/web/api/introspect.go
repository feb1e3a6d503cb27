package api

import (
	"context"
	"crypto/subtle"
	"net/http"
	"net/netip"
	"strings"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// TokenGate tells what a token of API Particulier opens. credential.Gate is one.
type TokenGate interface {
	// Look tells it without counting a call. Whatever kind of error but Internal and Unavailable
	// is a token that opens nothing.
	Look(ctx context.Context, text value.Secret) (credential.Admission, error)
}

// Introspection tells those who may know what the tokens of API Particulier open (RFC 7662).
type Introspection struct {
	Door Door
	Gate TokenGate
	// GatewayID and GatewaySecret are the existing gateway's, which may ask about every token;
	// "" when it may not.
	GatewayID     string
	GatewaySecret value.Secret
	PortalURL     string // without final slash
	// Address is from where a request comes (web.Router).
	Address func(c *gin.Context) netip.Addr
}

// Mount registers the address of PRODUCT.md §5.
func (i *Introspection) Mount(r *web.Router) {
	r.HandleMachine(http.MethodPost, "/oauth/introspect", clientPrograms, i.introspect)
}

// audience is for whom the tokens of API Particulier are.
const audience = "api-particulier"

// active is what a token opens, with the members of RFC 7662 §2.2 and three of ours. A token
// that opens nothing is {"active":false}, and no more.
type active struct {
	Active       bool   `json:"active"`
	Scope        string `json:"scope"`
	TokenType    string `json:"token_type"`
	ExpiresAt    int64  `json:"exp"`
	IssuedAt     int64  `json:"iat"`
	Subject      string `json:"sub"` // the habilitation
	Audience     string `json:"aud"`
	Issuer       string `json:"iss"`
	ID           string `json:"jti"`
	Siret        string `json:"siret"` // the one recipient
	Organisation string `json:"organisation"`
	Habilitation string `json:"habilitation"`
}

// introspect tells what a token opens: to the existing gateway of any, to a program of an
// editor of those of its own collectivities.
func (i *Introspection) introspect(c *gin.Context, body []byte) error {
	asked, why := readOAuth(c.Request, body)
	if why != "" {
		return refuseOAuth(c, http.StatusBadRequest, invalidRequest, why)
	}
	gateway := i.isGateway(asked)
	var client machine.Client
	if !gateway {
		var err error
		if client, err = i.Door.Recognise(c.Request.Context(), asked.shown(i.Address(c))); err != nil {
			return refuseClient(c, err)
		}
		if !client.Holds(machine.ScopeTokens) {
			return refuseOAuth(c, http.StatusForbidden, "insufficient_scope", "this client has not the scope "+string(machine.ScopeTokens))
		}
	}
	if asked.parameters.Get("token") == "" {
		return refuseOAuth(c, http.StatusBadRequest, invalidRequest, "token is missing")
	}
	admission, err := i.Gate.Look(c.Request.Context(), value.Secret(asked.parameters.Get("token")))
	switch kind := fault.KindOf(err); {
	case err != nil && (kind == fault.Internal || kind == fault.Unavailable):
		return err
	case err != nil || !gateway && admission.Editor != client.Editor.Siret:
		c.JSON(http.StatusOK, struct {
			Active bool `json:"active"`
		}{})
		return nil
	}
	c.JSON(http.StatusOK, i.active(admission))
	return nil
}

func (i *Introspection) active(a credential.Admission) active {
	return active{
		Active: true, Scope: strings.Join(a.Scopes, " "), TokenType: "Bearer", ExpiresAt: a.ExpiresAt.Unix(), IssuedAt: a.IssuedAt.Unix(),
		Subject: a.Habilitation.String(), Audience: audience, Issuer: i.PortalURL, ID: a.TokenID,
		Siret: a.Siret.String(), Organisation: a.Organisation, Habilitation: a.Habilitation.String(),
	}
}

// isGateway tells whether the existing gateway asks. Its secret is whatever its people chose,
// so that it may be encoded or not.
func (i *Introspection) isGateway(asked asking) bool {
	named := subtle.ConstantTimeCompare([]byte(asked.id), []byte(i.GatewayID)) == 1
	encoded, raw := web.SameSecret(value.Secret(asked.secret), i.GatewaySecret), web.SameSecret(value.Secret(asked.rawSecret), i.GatewaySecret)
	return i.GatewayID != "" && i.GatewaySecret != "" && named && (encoded || raw)
}
