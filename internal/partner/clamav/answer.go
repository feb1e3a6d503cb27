package clamav

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/partner/outward"
)

// What clamd answers to INSTREAM, without the NUL.
const (
	verdictPrefix = "stream: "
	verdictClean  = "OK"
	foundSuffix   = " FOUND"
	errorSuffix   = " ERROR"
	sizeExceeded  = "INSTREAM size limit exceeded. ERROR"
)

const (
	answerLimit = 4 << 10 // bytes, the NUL among them
	nameLimit   = 100     // characters
)

var (
	errCut           = errors.New("connection closed before the end of the answer")
	errEarly         = errors.New("verdict before the end of the file")
	errRefused       = errors.New("clamd could not scan")
	errNotUnderstood = errors.New("answer not understood")
)

// receive reads an answer to its NUL, which it leaves out. What may follow is not read.
func receive(connection io.Reader) (string, error) {
	answer, err := bufio.NewReaderSize(connection, answerLimit).ReadSlice(0)
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", outward.ErrTooLong
	case errors.Is(err, io.EOF):
		return "", errCut
	case err != nil:
		return "", outward.Cause(err)
	}
	return string(answer[:len(answer)-1]), nil
}

// read understands an answer. A virus may be found in the part of a file, but only a file
// that left whole can be clean.
func read(answer string, whole bool) (virus string, err error) {
	if answer == sizeExceeded {
		return "", fault.New(fault.Invalid, "document.too_large")
	}
	verdict, given := strings.CutPrefix(answer, verdictPrefix)
	name, found := strings.CutSuffix(verdict, foundSuffix)
	switch {
	case given && found && name != "":
		return bounded(name), nil
	case given && verdict == verdictClean && whole:
		return "", nil
	case given && verdict == verdictClean:
		return "", unavailable(errEarly)
	case strings.HasSuffix(answer, errorSuffix):
		return "", unavailable(errRefused)
	default:
		return "", unavailable(errNotUnderstood)
	}
}

// bounded makes the name of a virus safe to keep and to show: at most nameLimit characters,
// all visible ASCII, with a question mark in the place of any other. It empties no name, for
// a file without a name of a virus is a clean one.
func bounded(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < '!' || r > '~' {
			return '?'
		}
		return r
	}, name)
	return name[:min(len(name), nameLimit)]
}

func unavailable(cause error) error {
	return fault.Because(fault.Unavailable, "scanner.unavailable", cause)
}
