public import Diagnostics
public func formatCell(_ file: SourceFile, _ range: Range<Int>, margin: Int = 0) -> String? { nil }
