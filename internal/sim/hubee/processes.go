package hubee

import (
	"net/http"
	"slices"
)

// defaultProcesses are ours and one that shares the depositor's queue. The real settings
// of FormulaireQF are not public (reference/hubee.md §16, question 1).
func defaultProcesses() []Process {
	return []Process{
		{
			Code: QuotientProcess, Name: "Formulaire de quotient familial",
			AttachmentFormatsEnabled:   []string{"application/json", "application/xml", "application/pdf"},
			SIAttachmentFormatsEnabled: []string{"application/pdf"},
			AttachmentTypesEnabled:     []string{QuotientProcess},
			AttachmentMaxSizeEnabled:   5 << 20, AcceptsMessageToTransmitter: true,
		},
		{
			Code: ForeignProcess, Name: "Proactivité du Cnous pour les boursiers",
			AttachmentFormatsEnabled:   []string{"application/json"},
			SIAttachmentFormatsEnabled: []string{},
			AttachmentTypesEnabled:     []string{ForeignProcess},
			AttachmentMaxSizeEnabled:   5 << 20,
		},
	}
}

// process finds a process by its code, case included; nil when unknown.
func (s *Server) process(code string) *Process {
	i := slices.IndexFunc(s.processes, func(p *Process) bool { return p.Code == code })
	if i < 0 {
		return nil
	}
	return s.processes[i]
}

func (s *Server) listProcesses(*call) (answer, error) {
	found := make([]Process, 0)
	for _, p := range s.processes {
		found = append(found, *p)
	}
	return answer{status: http.StatusOK, body: found}, nil
}

func (s *Server) getProcess(c *call) (answer, error) {
	p := s.process(c.request.PathValue("code"))
	if p == nil {
		return answer{}, notFound("Process is not found")
	}
	return answer{status: http.StatusOK, body: *p}, nil
}

func (s *Server) createProcess(c *call) (answer, error) {
	var sent Process
	if err := c.decode(processShape(), &sent); err != nil {
		return answer{}, err
	}
	if s.process(sent.Code) != nil {
		return answer{}, refuse(http.StatusBadRequest, "Process %s already exists", sent.Code)
	}
	s.processes = append(s.processes, &sent)
	return answer{status: http.StatusCreated, body: sent}, nil
}

func (s *Server) updateProcess(c *call) (answer, error) {
	p := s.process(c.request.PathValue("code"))
	if p == nil {
		return answer{}, notFound("Process is not found")
	}
	var sent Process
	if err := c.decode(processShape(), &sent); err != nil {
		return answer{}, err
	}
	if sent.Code != p.Code {
		return answer{}, badRequest()
	}
	*p = sent
	return answer{status: http.StatusOK, body: sent}, nil
}
