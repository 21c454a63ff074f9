/// What this program is: its version; its hash is that of the running executable.
enum Software {
    static let version = "0.1.0"
}
