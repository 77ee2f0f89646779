// The Node language host. Its sources are upstream's: ../generate writes them when it is built.
package main
