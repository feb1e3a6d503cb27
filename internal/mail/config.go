package mail

import (
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"strings"

	"portail-qf/internal/domain/value"
)

// Config says by which relay mails leave, in whose name, and what they print.
type Config struct {
	// SMTPURL is smtp://[user:password@]host[:port], where the relay must offer STARTTLS
	// unless it is on this machine, or smtps://… for TLS from the first byte. Without a port:
	// 587 and 465.
	SMTPURL value.Secret
	From    string // API Particulier <support@particulier.api.gouv.fr>
	ReplyTo string // an address, or a name and an address
	// PortalURL is the beginning of the links, without a final slash.
	PortalURL string
	Contact   string // the address that mails give for questions
}

// identity is in whose name mails leave.
type identity struct {
	from, replyTo *netmail.Address
	host          string // right of the @ of from, and of Message-IDs
}

// parseIdentity reads From and ReplyTo; its errors quote neither.
func parseIdentity(c Config) (identity, error) {
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return identity{}, errors.New("MAIL_FROM must be a mail address, with or without a name")
	}
	replyTo, err := netmail.ParseAddress(c.ReplyTo)
	if err != nil {
		return identity{}, errors.New("MAIL_REPLY_TO must be a mail address, with or without a name")
	}
	return identity{from: from, replyTo: replyTo, host: from.Address[strings.LastIndexByte(from.Address, '@')+1:]}, nil
}

// parseRelay reads SMTPURL; its errors quote nothing of it.
func parseRelay(configured value.Secret) (*relay, error) {
	wrong := errors.New("SMTP_URL must be smtp://[user:password@]host[:port] or smtps://…")
	address, err := url.Parse(configured.Reveal())
	if err != nil || address.Hostname() == "" || strings.Trim(address.Path, "/") != "" || address.RawQuery != "" || address.Fragment != "" {
		return nil, wrong
	}
	r := &relay{host: address.Hostname(), user: address.User.Username(), patience: wholeTimeout}
	port := address.Port()
	switch address.Scheme {
	case "smtp":
		r.security = startTLS
		if onThisMachine(r.host) {
			r.security = startTLSIfOffered
		}
		if port == "" {
			port = "587"
		}
	case "smtps":
		r.security = implicitTLS
		if port == "" {
			port = "465"
		}
	default:
		return nil, wrong
	}
	if _, err := fmt.Sscanf(port, "%d", &r.port); err != nil || r.port < 1 || r.port > 65535 {
		return nil, wrong
	}
	password, _ := address.User.Password()
	r.password = value.Secret(password)
	return r, nil
}

// onThisMachine tells a relay that no network separates from the portal.
func onThisMachine(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}
