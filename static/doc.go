// Package static embeds what the browser and the PDF documents need besides pages: the subset of the DSFR that "make generate"
// copies to static/dsfr, the portal's own stylesheet and images, and two fonts.
//
// Assets serves the tree under the digest of its content, /assets/<digest>/…, so that a file may stay in the browser's cache for
// ever and that the relative addresses inside a stylesheet resolve. Without static/dsfr the package still builds: Missing says
// so, and the pages are plain.
package static
