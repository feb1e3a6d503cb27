package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// Access says who may use a route. Every route states one.
type Access struct {
	name        string
	person      bool // somebody must be signed in
	space       account.Space
	object, act string
	confirmed   bool
}

// Public is for anyone, signed in or not.
var Public = Access{name: "public"}

// SignedIn is for any professional who signed in, in a space or in none.
var SignedIn = Access{name: "signed in", person: true}

// Can is for those whose role may do an act on a kind of object (package authz).
func Can(object, act string) Access {
	return Access{name: object + " " + act, person: true, object: object, act: act}
}

// Confirmed demands besides that a second factor was proved in the last ten minutes: it is
// for sensitive acts.
func (a Access) Confirmed() Access {
	a.name += ", confirmed"
	a.confirmed = true
	return a
}

// within adds the space to which an address belongs: what is under /editeur is for those
// who may enter the editors' space, whatever else they may do.
func (a Access) within(path string) Access {
	for _, space := range account.Spaces {
		if home := space.Path(); a.person && (path == home || strings.HasPrefix(path, home+"/")) {
			a.space = space
			a.name = string(space) + ": " + a.name
		}
	}
	return a
}

// String names the access, for the list of routes.
func (a Access) String() string { return a.name }

// Allows tells whether a role may use the route, as a policy says.
func (a Access) Allows(role account.Role, can func(role account.Role, object, act string) bool) bool {
	return (a.space == "" || can(role, "space."+string(a.space), "enter")) && (a.object == "" || can(role, a.object, a.act))
}

// NeedsRole tells whether the person must act in a role.
func (a Access) NeedsRole() bool { return a.object != "" || a.space != "" }

// NeedsPerson tells whether somebody must be signed in.
func (a Access) NeedsPerson() bool { return a.person }

// NeedsConfirmation tells whether a second factor must have been proved lately.
func (a Access) NeedsConfirmation() bool { return a.confirmed }

// Gate sends those who may not pass yet where they can earn it (package accounts).
type Gate interface {
	AskSignIn(c *gin.Context) error
	AskSpace(c *gin.Context) error
	AskConfirmation(c *gin.Context) error
}

// SessionCookie holds the session of a professional: random, for this host alone, sent
// over a secure channel. Lax, since the browser comes back from ProConnect by a link.
const SessionCookie = "__Host-professionnel"

// SignInCookie binds a sign-in to the browser that began it: an answer of ProConnect
// brought to another browser signs nobody in.
const SignInCookie = "__Host-connexion"

// Cookie reads a cookie of ours; "" when there is none or it cannot be ours.
func Cookie(c *gin.Context, name string) value.Token {
	cookie, err := c.Request.Cookie(name)
	if err != nil || len(cookie.Value) > 64 {
		return ""
	}
	return value.Token(cookie.Value)
}

// KeepCookie gives the browser a cookie until it closes; "" takes it back.
func KeepCookie(c *gin.Context, name string, token value.Token) {
	maxAge := 0
	if token == "" {
		maxAge = -1
	}
	http.SetCookie(c.Writer, &http.Cookie{
		Name: name, Value: token.Reveal(), Path: "/", MaxAge: maxAge, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// ID reads the number of an object in an address. One that is no number is as unknown as
// one that does not exist: code says of what.
func ID(c *gin.Context, parameter, code string) (int64, error) {
	id, err := strconv.ParseInt(c.Param(parameter), 10, 64)
	if err != nil || id < 1 {
		return 0, fault.New(fault.NotFound, code)
	}
	return id, nil
}

const actorKey = "actor"

// ActorOf is who makes the request: the zero Actor on a public route.
func ActorOf(c *gin.Context) account.Actor {
	actor, _ := c.Value(actorKey).(account.Actor)
	return actor
}

// recognise reads who makes a request. ok is false when nobody is signed in.
func (r *Router) recognise(c *gin.Context) (ok bool, err error) {
	actor, err := r.config.Sessions.Actor(c.Request.Context(), Cookie(c, SessionCookie))
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return false, nil
	case err != nil:
		return false, err
	}
	actor.RequestID = requestID(c)
	c.Set(actorKey, actor)
	return true, nil
}

// Recognise is for a public page that says more to somebody who is signed in.
func (r *Router) Recognise(c *gin.Context) (account.Actor, error) {
	_, err := r.recognise(c)
	return ActorOf(c), err
}

// NoteRefused journals that the person of a request was refused what it asks: a route that
// the role has not the act of, or an object that was not hers to take.
func (r *Router) NoteRefused(c *gin.Context) error {
	return r.config.Sessions.NoteRefused(c.Request.Context(), ActorOf(c), c.Request.Method+" "+c.FullPath())
}

// RequestID is the name of the request, which a person may quote.
func RequestID(c *gin.Context) string { return requestID(c) }

// The mark of the form by which the resume page sends again what waited (account.HeldForm).
const (
	ResumeField = "reprise"
	ResumeYes   = "oui"
)

// takeResumed tells whether a form comes from the resume page, and takes its mark out: handlers
// read what was typed and nothing else. The mark lets a form be forgotten that its own author
// sent, and is good for nothing more.
func takeResumed(c *gin.Context) bool {
	if c.Request.Method != http.MethodPost {
		return false
	}
	marked := c.Request.PostForm.Get(ResumeField) == ResumeYes
	c.Request.PostForm.Del(ResumeField)
	c.Request.Form.Del(ResumeField)
	return marked
}

// admit answers whoever may not use the route, or tells that the handler may go on. The
// rights are read at each request: a role that was taken, or a session that was ended,
// counts from the next one on. A form that waited waits no more once it is admitted.
func (r *Router) admit(c *gin.Context, access Access) (admitted bool, err error) {
	resumed := takeResumed(c)
	if !access.person {
		return true, nil
	}
	known, err := r.recognise(c)
	actor := ActorOf(c)
	switch {
	case err != nil:
		return false, err
	case !known:
		readFields(c)
		return false, r.gate.AskSignIn(c)
	case access.NeedsRole() && actor.Role == "":
		return false, r.gate.AskSpace(c)
	case access.space != "" && access.space != actor.Role.Space() && actor.Opens(access.space):
		return false, r.gate.AskSpace(c) // the person has the role, in another space than the present one
	case !access.Allows(actor.Role, r.config.Policy.Can):
		return false, fault.New(fault.Forbidden, "access.refused")
	case access.confirmed && !actor.Confirmed(r.config.Sessions.Now()):
		return false, r.gate.AskConfirmation(c)
	case resumed && actor.FormWaits:
		return true, r.config.Sessions.ForgetHeld(c.Request.Context(), actor)
	}
	return true, nil
}
