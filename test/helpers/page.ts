/** Lines of an exposition, without a parser. Escaped characters stay escaped: a line contains no control character. */
export function unreadableLines(text: string): string[] {
  const name = '[a-zA-Z_:][a-zA-Z0-9_:]*'
  const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["n\\\\])*"'
  const number = '(?:NaN|[+-]?Inf|[+-]?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?)'
  const exemplar = `(?: # \\{(?:${label}(?:,${label})*)?\\} ${number}(?: ${number})?)?`
  const sample = new RegExp(`^${name}(?:\\{${label}(?:,${label})*\\})? ${number}${exemplar}$`, 's')
  const heading = new RegExp(
    `^# (?:HELP ${name} .*|TYPE ${name} (?:counter|gauge|histogram|summary|untyped|unknown|info|stateset)|UNIT ${name} [\\w:]+|EOF)$`,
    's',
  )
  return text
    .split('\n')
    .slice(0, -1)
    .filter((line) => !sample.test(line) && !heading.test(line))
}

/** Control characters in what a command printed, beside line feeds: a terminal would act on them. */
export function controlCharacters(output: string): string[] {
  return output.match(/[^\P{Cc}\n]|[\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu) ?? []
}
