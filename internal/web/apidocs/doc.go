// Package apidocs shows the OpenAPI document of the portal (templates/api/openapi.yaml) to those
// who write programs: a first page, and one for each subject (SETTLED.md: rendered by the server,
// without swagger-ui). It reads of OpenAPI what that document uses, and no more.
package apidocs
