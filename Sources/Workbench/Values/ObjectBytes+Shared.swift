import Artifacts
import Bytes
import Execution

extension ObjectBytes {
  /// The bytes as values view them: those of a mapped file without a copy, a small array copied.
  var shared: SharedBytes {
    withUnsafeBytes { bytes in
      if let owner { return SharedBytes(viewing: bytes, owner: owner) }
      return SharedBytes(count: bytes.count) { $0.copyMemory(from: bytes) }
    }
  }
}

extension ObjectSink {
  /// The sink as the engine knows it.
  var pieces: ByteSink { ByteSink { [self] in try write($0) } }
}
