import Glibc

/// Folders of the user, as the XDG base directory specification places them.
package enum UserFolders {
  /// Where history belongs, made if need be; nil where there is no home.
  package static func state() -> String? { folder("XDG_STATE_HOME", fallback: ".local/state") }

  /// Where what can be computed again belongs, made if need be; nil where there is no home.
  package static func cache() -> String? { folder("XDG_CACHE_HOME", fallback: ".cache") }

  private static func folder(_ variable: String, fallback: String) -> String? {
    let base: String
    // The specification has relative paths ignored.
    if let given = Workspace.environment(variable), given.hasPrefix("/") {
      base = given
    } else if let home = Workspace.environment("HOME"), home.hasPrefix("/") {
      base = home + "/" + fallback
    } else {
      return nil
    }
    let path = base + "/poise"
    var part = ""
    for component in path.split(separator: "/") {
      part += "/" + component
      mkdir(part, 0o700)
    }
    return access(path, W_OK) == 0 ? path : nil
  }
}
