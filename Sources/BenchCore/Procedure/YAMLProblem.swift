/// The sentences of the YAML library, as a person who does not know YAML needs them.
enum YAMLProblem {
    /// The sentence for a problem of the library; `character` is what stands where it stopped.
    static func sentence(_ problem: String, _ character: Character?) -> String {
        if character == "\t" { return "a tab stands here; indent and separate with spaces" }
        if problem.contains("cannot start any token"), let character {
            return "«\(character)» cannot begin a value; put the value in quotes"
        }
        for (part, sentence) in sentences where problem.contains(part) { return sentence }
        return problem
    }

    /// Parts of the library's messages (libyaml 0.2.5, scanner.c and parser.c) and what to say instead.
    private static let sentences = [
        ("mapping values are not allowed", "a second «:» in one value; put the value in quotes, or begin a new line"),
        (
            "block sequence entries are not allowed",
            "a list item («- …») cannot stand here; begin it on a line of its own"
        ),
        ("did not find expected ',' or '}'", "the block opened with «{» needs «,» or «}» here"),
        ("did not find expected ',' or ']'", "the list opened with «[» needs «,» or «]» here"),
        (
            "did not find expected '-' indicator",
            "the indentation does not fit: neither an item («- ») of the list above nor a key of the item before"
        ),
        (
            "did not find expected key",
            "the indentation does not fit the block above; keys of a block stand exactly one below the other"
        ),
        ("could not find expected ':'", "a key without «:» and value"),
        ("unexpected end of stream", "a quoted text is not closed"),
        ("unexpected document indicator", "a quoted text is not closed"),
        ("unknown escape character", "«\\» with this letter means nothing in quotes; write «\\\\» for a backslash"),
        ("expected <document start>", "the file goes on after its end; a file holds one block of keys"),
        ("did not find expected node content", "a value is missing here"),
        ("anchor", "anchors and aliases are not part of the language; write the value out"),
        ("alias", "anchors and aliases are not part of the language; write the value out"),
        ("tag", "tags (!…) are not part of the language; write the plain value"),
    ]
}
