import Glibc

/// ln(1 + x), accurate for small x too.
func logOnePlus(_ x: Double) -> Double { log1p(x) }
