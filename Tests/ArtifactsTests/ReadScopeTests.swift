import Artifacts
import Glibc
import TestFolders
import Testing

@Suite struct ReadScopeTests {
  /// `work` is what may be read, `workspace` is beside it.
  private func folders() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write("data", to: "work/data/a.txt")
    try folder.write("secret", to: "workspace/secret.txt")
    try folder.write("secret", to: "secret.txt")
    return folder
  }

  private func resolve(
    _ path: String, _ folder: TemporaryFolder, roots: [String]? = nil
  ) -> Result<String, AccessError> {
    let scope = ReadScope(roots: roots ?? [folder("work")])
    return Result { () throws(AccessError) in
      try scope.resolve(path, relativeTo: folder("work"))
    }
  }

  @Test(arguments: [
    "data/a.txt", "./data/a.txt", "data/../data/a.txt", "data//a.txt", "../work/data/a.txt",
    "link.txt", "data/up/data/a.txt", "chain1", "absolute.txt",
  ])
  func whatIsInsideIsAllowed(path: String) throws {
    let folder = try folders()
    symlink("data/a.txt", folder("work/link.txt"))
    symlink("..", folder("work/data/up"))
    symlink("chain2", folder("work/chain1"))
    symlink("data/../link.txt", folder("work/chain2"))
    symlink(folder("work/data/a.txt"), folder("work/absolute.txt"))
    #expect(resolve(path, folder) == .success(folder("work/data/a.txt")))
    #expect(resolve(folder("work") + "/" + path, folder) == .success(folder("work/data/a.txt")))
  }

  @Test func foldersAreAllowed() throws {
    let folder = try folders()
    #expect(resolve("data", folder) == .success(folder("work/data")))
    #expect(resolve("data/", folder) == .success(folder("work/data")))
    #expect(resolve(".", folder) == .success(folder("work")))
    #expect(resolve("data/..", folder) == .success(folder("work")))
  }

  @Test(arguments: [
    "../secret.txt", "data/../../secret.txt", "out.txt", "chain1", "dir/secret.txt", "absolute.txt",
    "dir/up/secret.txt",
  ])
  func whatLeadsOutIsRefused(path: String) throws {
    let folder = try folders()
    symlink("../secret.txt", folder("work/out.txt"))
    symlink("chain2", folder("work/chain1"))
    symlink("data/chain3", folder("work/chain2"))
    symlink("../../secret.txt", folder("work/data/chain3"))
    symlink("..", folder("work/dir"))
    symlink(".", folder("up"))
    symlink(folder("secret.txt"), folder("work/absolute.txt"))
    let error = AccessError.outside(path: path, real: folder("secret.txt"), allow: folder.path)
    #expect(resolve(path, folder) == .failure(error))
    #expect(
      error.description == "`\(path)` is outside the workspace (it is \(folder("secret.txt"))); "
        + "allow it with `--allow-read \(folder.path)`")
    #expect(
      resolve(path, folder, roots: [folder("work"), folder.path])
        == .success(folder("secret.txt")))
  }

  @Test func aFolderWhoseNameOnlyBeginsTheSameIsOutside() throws {
    let folder = try folders()
    #expect(
      resolve("../workspace/secret.txt", folder)
        == .failure(
          .outside(
            path: "../workspace/secret.txt", real: folder("workspace/secret.txt"),
            allow: folder("workspace"))))
    #expect(
      resolve(folder("workspace"), folder)
        == .failure(
          .outside(
            path: folder("workspace"), real: folder("workspace"), allow: folder("workspace"))))
  }

  @Test func aRootMayBeALinkOrAFile() throws {
    let folder = try folders()
    symlink("work", folder("alias"))
    let scope = ReadScope(roots: [folder("alias"), folder("secret.txt"), folder("absent")])
    #expect(scope.roots == [folder("work"), folder("secret.txt")])
    #expect(
      try scope.resolve("data/a.txt", relativeTo: folder("alias")) == folder("work/data/a.txt"))
    #expect(try scope.resolve("../secret.txt", relativeTo: folder("work")) == folder("secret.txt"))
    #expect(ReadScope(roots: []).allowing([folder("alias")]).roots == [folder("work")])
    #expect(throws: AccessError.self) {
      _ = try ReadScope(roots: []).resolve("data/a.txt", relativeTo: folder("work"))
    }
  }

  @Test(arguments: [
    "/proc/self/status", "/proc/self/cwd", "/proc/self/root/etc/hostname", "/dev/null", "/sys",
    "/proc", "/dev/../proc/self/environ", "/dev/fd/0", "system", "system/self/environ",
  ])
  func systemFilesAreRefusedEvenIfEverythingIsAllowed(path: String) throws {
    let folder = try folders()
    symlink("/proc", folder("work/system"))
    guard case .failure(.system(let written, _)) = resolve(path, folder, roots: ["/"]) else {
      Issue.record("\(path) is allowed")
      return
    }
    #expect(written == path)
  }

  @Test func whatDoesNotExist() throws {
    let folder = try folders()
    #expect(resolve("absent.txt", folder) == .failure(.notFound(path: "absent.txt")))
    #expect(resolve("no/absent.txt", folder) == .failure(.notFound(path: "no/absent.txt")))
    #expect(
      resolve("data/a.txt/b", folder) == .failure(.notFound(path: "data/a.txt/b")))
    // As the kernel has it: these do not exist, although without the detour they would.
    #expect(resolve("no/../data/a.txt", folder) == .failure(.notFound(path: "no/../data/a.txt")))
    #expect(
      resolve("data/a.txt/../a.txt", folder)
        == .failure(.notFound(path: "data/a.txt/../a.txt")))
    symlink("nowhere", folder("work/dangling"))
    #expect(resolve("dangling", folder) == .failure(.notFound(path: "dangling")))
    // Whether something outside exists is not told.
    guard case .failure(.outside) = resolve("../absent.txt", folder) else {
      Issue.record("tells what is outside")
      return
    }
  }

  @Test func specialFilesAreRefused() throws {
    let folder = try folders()
    mkfifo(folder("work/fifo"), 0o644)
    #expect(resolve("fifo", folder) == .failure(.special(path: "fifo", kind: "fifo")))
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { bytes in
      bytes.copyBytes(from: folder("work/socket").utf8)
    }
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0)
    #expect(resolve("socket", folder) == .failure(.special(path: "socket", kind: "socket")))
  }

  @Test func loopsAndNonsenseAreRefused() throws {
    let folder = try folders()
    symlink("b", folder("work/a"))
    symlink("a", folder("work/b"))
    #expect(resolve("a", folder) == .failure(.tooManyLinks(path: "a")))
    #expect(resolve("", folder) == .failure(.invalid(path: "")))
    #expect(resolve("a\0b", folder) == .failure(.invalid(path: "a\0b")))
    let long = String(repeating: "a", count: 5000)
    #expect(resolve(long, folder) == .failure(.invalid(path: long)))
    let part = String(repeating: "a", count: 300)
    #expect(resolve(part, folder) == .failure(.invalid(path: part)))
  }
}
