import Bytes
import Diagnostics
public import Execution
public import Safetensors

/// A folder with an adapter: `adapter_config.json` and `adapter_model.safetensors`.
///
/// LoRA and prefixes are as PEFT's `save_pretrained` writes them (`peft_type` LORA and
/// PREFIX_TUNING). PEFT has no bottleneck adapters: theirs is a form of this project's own, with
/// `poise_type` in the place of `peft_type`.
public enum AdapterFolder {
  /// The name of the configuration.
  public static let configurationName = "adapter_config.json"
  /// The name of the file of numbers.
  public static let weightsName = "adapter_model.safetensors"
  private static let configurationLimit = 1 << 20

  /// The paths of the files that ``load(_:for:mayRead:context:)`` reads: what a stored result
  /// depends on.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - mayRead: Which files may be read; nil for those in the folder alone.
  /// - Returns: The folder's path and a name, for each.
  /// - Throws: ``AdapterFolderError`` where one is missing; `SafetensorsError`.
  public static func inputs(_ path: String, mayRead: ReadPermission? = nil) throws -> [String] {
    let folder = try CheckpointFolder(path, mayRead: mayRead)
    try check(folder)
    for name in [configurationName, weightsName] { _ = try folder.locate(name) }
    return [folder.shown(configurationName), folder.shown(weightsName)]
  }

  private static func check(_ folder: CheckpointFolder) throws {
    guard folder.has(configurationName) else {
      throw AdapterFolderError.noConfiguration(folder: folder.path)
    }
    guard folder.has(weightsName) else {
      let pickled = "adapter_model.bin"
      throw AdapterFolderError.noWeights(
        folder: folder.path, instead: folder.has(pickled) ? pickled : nil)
    }
  }

  /// Reads an adapter for a base.
  ///
  /// Every tensor is found with its shape before memory is taken, 4 bytes for each number. All
  /// numbers are checked to be finite. O(numbers).
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - base: The model that it goes with.
  ///   - mayRead: Which files may be read, by their path with links resolved; nil for those in the
  ///     folder alone.
  ///   - context: When to stop.
  /// - Returns: The adapter; attach it with ``DecoderModel/attaching(_:)``.
  /// - Throws: ``AdapterFolderError``; `SafetensorsError`; `CancellationRequested`.
  public static func load(
    _ path: String, for base: DecoderModel, mayRead: ReadPermission? = nil, context: WorkContext
  ) throws -> DecoderAdapter {
    let folder = try CheckpointFolder(path, mayRead: mayRead)
    try check(folder)
    let shown = folder.shown(configurationName)
    let json = try MappedFile.read(
      folder.locate(configurationName), shown: shown, limit: configurationLimit)
    let weights = folder.shown(weightsName)
    let file = try SafetensorsFile(path: folder.locate(weightsName), name: weights)
    let shape = try AdapterConfiguration(json, file: shown).shape(
      for: base.layout.configuration, tensors: file.tensors.map(\.name))
    do {
      let layout = try AdapterLayout(shape, for: base.layout.configuration)
      return try read(file, layout, context)
    } catch let error as AdapterError {
      throw AdapterFolderError.impossible(file: weights, error)
    }
  }

  /// Finds every tensor, then copies them into one run.
  private static func read(
    _ file: SafetensorsFile, _ layout: AdapterLayout, _ context: WorkContext
  ) throws -> DecoderAdapter {
    let wanted = tensors(of: layout)
    let missing = wanted.filter { file.entry(named: $0.name) == nil }.map(\.name)
    let known = Set(wanted.map(\.name))
    let others = file.tensors.map(\.name).filter { !known.contains($0) }
    if let first = missing.first {
      throw AdapterFolderError.missingTensors(
        file: file.name, names: missing, suggestion: closestName(to: first, among: others))
    }
    // Shapes first: of another base's adapter they say more than names do.
    for tensor in wanted {
      let entry = try file.entry(of: tensor.name)
      guard entry.shape == tensor.shape else {
        throw AdapterFolderError.wrongShape(
          file: file.name, tensor: tensor.name, expected: tensor.shape, got: entry.shape)
      }
      guard entry.type.isReadAsFloat else {
        throw SafetensorsError.notFloatingPoint(
          file: file.name, tensor: tensor.name, got: entry.type)
      }
    }
    guard others.isEmpty else {
      throw AdapterFolderError.unexpectedTensors(file: file.name, names: others)
    }
    let numbers = FloatBuffer(count: layout.count)
    if case .prefix = layout.shape {
      let all = FloatBuffer(count: layout.count)
      try file.floats(
        of: prefixName, into: UnsafeMutableBufferPointer(start: all.base, count: all.count))
      exchange(layout, UnsafePointer(all.base), into: numbers.base, toFile: false)
    } else {
      for tensor in wanted {
        try context.check()
        try file.floats(
          of: tensor.name,
          into: UnsafeMutableBufferPointer(
            start: numbers.base + tensor.offset, count: tensor.count))
      }
    }
    return try DecoderAdapter(layout, weights: numbers.shared())
  }

  // MARK: - The tensors of a file

  private static let prefixName = "prompt_embeddings"

  /// The tensors as the file has them; offsets are those of the layout, which a prefix's file
  /// orders otherwise.
  private static func tensors(of layout: AdapterLayout) -> [NamedTensor] {
    switch layout.shape {
    case .lowRank:
      layout.tensors.map {
        .init(name: "base_model.model." + $0.name, shape: $0.shape, offset: $0.offset)
      }
    case .bottleneck: layout.tensors
    case .prefix(let length):
      [.init(name: prefixName, shape: [length, layout.count / length], offset: 0)]
    }
  }

  /// Between a prefix here, [P, 2 G D] for each layer, and in a file: [P, L, 2 G D].
  private static func exchange(
    _ layout: AdapterLayout, _ source: UnsafePointer<Float>,
    into target: UnsafeMutablePointer<Float>,
    toFile: Bool
  ) {
    let width = 2 * layout.configuration.keyValueWidth
    for (index, layer) in layout.layers.enumerated() {
      guard let prefix = layer.prefix else { continue }
      for position in 0..<layout.prefixLength {
        let here = prefix + position * width
        let there = (position * layout.layers.count + index) * width
        (target + (toFile ? there : here)).update(
          from: source + (toFile ? here : there), count: width)
      }
    }
  }

  // MARK: - Writing

  /// The files of an adapter.
  ///
  /// - Parameters:
  ///   - adapter: The adapter.
  ///   - forPEFT: Whether PEFT has to be able to read them.
  /// - Returns: The files; their bytes depend on the arguments alone.
  /// - Throws: ``AdapterFolderError/unwritable(kind:)`` for bottleneck adapters where PEFT is to
  ///   read them; `SafetensorsError`.
  public static func files(for adapter: DecoderAdapter, forPEFT: Bool) throws -> [HuggingFaceFile] {
    if forPEFT, case .bottleneck = adapter.shape {
      throw AdapterFolderError.unwritable(kind: adapter.article)
    }
    let layout = adapter.layout
    let tensors = tensors(of: layout)
    let writer = try SafetensorsWriter(
      tensors: tensors.map { .init(name: $0.name, type: .float32, shape: $0.shape) })
    return [
      HuggingFaceFile(
        name: configurationName, bytes: AdapterConfiguration.serialized(layout)),
      HuggingFaceFile(name: weightsName, byteCount: writer.byteCount) { sink in
        try withExtendedLifetime(adapter) {
          var numbers = adapter.floats
          var ordered: FloatBuffer?
          if case .prefix = layout.shape, let base = numbers.baseAddress {
            let buffer = FloatBuffer(count: layout.count)
            exchange(layout, base, into: buffer.base, toFile: true)
            numbers = UnsafeBufferPointer(start: buffer.base, count: buffer.count)
            ordered = buffer
          }
          try withExtendedLifetime(ordered) {
            try writer.write(to: sink) { index in
              UnsafeBufferPointer(
                rebasing: numbers[
                  tensors[index].offset..<tensors[index].offset + tensors[index].count])
            }
          }
        }
      },
    ]
  }
}
