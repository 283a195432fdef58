import Glibc

/// Cosines and sines of rotary positions (Su et al. 2021) for positions 0..<T: [T, D/2] each.
///
/// Angles are computed in double. Immutable; shared by threads.
public final class RotaryTable: @unchecked Sendable {
  // Sendable because nothing is written after the initialiser.
  /// T
  public let positions: Int
  /// D
  public let dimension: Int
  let cosines: UnsafeMutablePointer<Float>
  let sines: UnsafeMutablePointer<Float>

  /// - Parameters:
  ///   - frequencies: The D/2 angles of one step, in radians.
  ///   - positions: T.
  public init(frequencies: [Double], positions: Int) {
    let half = frequencies.count
    self.positions = positions
    dimension = 2 * half
    cosines = .allocate(capacity: max(1, positions * half))
    sines = .allocate(capacity: max(1, positions * half))
    for t in 0..<positions {
      for i in 0..<half {
        let angle = Double(t) * frequencies[i]
        cosines[t * half + i] = Float(cos(angle))
        sines[t * half + i] = Float(sin(angle))
      }
    }
  }

  /// The frequencies base^(-2 i / D) of the paper.
  public static func frequencies(base: Double, dimension: Int) -> [Double] {
    (0..<dimension / 2).map { pow(base, -2 * Double($0) / Double(dimension)) }
  }

  deinit {
    cosines.deallocate()
    sines.deallocate()
  }

  /// [T, D/2]
  public var cosineTable: UnsafePointer<Float> { UnsafePointer(cosines) }
  /// [T, D/2]
  public var sineTable: UnsafePointer<Float> { UnsafePointer(sines) }
}
