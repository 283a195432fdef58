import Bytes
import Testing

@Suite struct JSONValueTests {
  @Test func writesWhatItRead() throws {
    let text = #"{"b":[1,-2.50,3e-7],"a":{"x":null,"y":true,"z":false},"s":"q\"\\\n\t\u0001é😀"}"#
    let value = try JSONValue(parsing: text)
    #expect(String(decoding: value.serialized(), as: UTF8.self) == text)
    let indented = value.serialized(indented: true)
    #expect(try indented.withUnsafeBytes { try JSONValue(parsing: $0) } == value)
    #expect(String(decoding: indented, as: UTF8.self).hasPrefix("{\n  \"b\": [\n    1,"))
  }

  @Test func findsMembersByNameAndType() throws {
    let value = try JSONValue(parsing: #"{"n":4,"f":4.5,"w":3e2,"big":1e400,"s":"t","n":5}"#)
    #expect(value["n"]?.integer == 5)
    #expect(value["f"]?.integer == nil)
    #expect(value["f"]?.double == 4.5)
    #expect(value["w"]?.integer == 300)
    #expect(value["big"]?.double == nil)
    #expect(value["s"]?.string == "t")
    #expect(value["none"] == nil)
    #expect(JSONValue.list([])["n"] == nil)
  }

  @Test(arguments: ["", "{", "[1,]", "{\"a\" 1}", "nul", "1 2", "\"\u{1}\"", "01"])
  func refusesWhatIsNotJSON(_ text: String) {
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
  }

  @Test func refusesOtherBytesAndDepth() {
    #expect(throws: JSONSyntaxError.self) {
      try [0x22, 0xFF, 0x22].withUnsafeBytes { try JSONValue(parsing: $0) }
    }
    let deep = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: deep) }
  }
}
