/// Whether document id `a` sorts before `b`: by Unicode scalars, not by locale.
package func idPrecedes(_ a: String, _ b: String) -> Bool {
  a.utf8.lexicographicallyPrecedes(b.utf8)
}
