import Glibc

extension Reference {
  /// silu(gate) · up, the gate's columns first: ``Tape/swiglu(_:)``.
  public static func swiglu(_ gateUp: Matrix) -> Matrix {
    let width = gateUp.columns / 2
    return Matrix(rows: gateUp.rows, columns: width) { i, j in
      let gate = gateUp[i, j]
      return gate / (1 + exp(-gate)) * gateUp[i, width + j]
    }
  }

  /// x Φ(x), or its approximation by tanh: ``Tape/gelu(_:form:)``.
  public static func gelu(_ x: Matrix, form: GELUForm = .exact) -> Matrix {
    Matrix(rows: x.rows, columns: x.columns) { i, j in
      let x = x[i, j]
      switch form {
      // erfc keeps the digits of the left tail, which 1 + erf loses.
      case .exact: return 0.5 * x * erfc(-x / 2.0.squareRoot())
      case .tanh:
        return 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
      }
    }
  }
}
