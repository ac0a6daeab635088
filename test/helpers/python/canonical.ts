/**
 * Returns the lines of an exposition in one spelling, sorted: labels by name and without empty ones, and numbers as
 * JavaScript prints them. Python prints 1 as `1.0`; reading that number loses nothing. promhive's own metrics are omitted.
 */
export function canonicalLines(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !/^(?:# \w+ )?promhive_/.test(line))
    .map((line) => (line.startsWith('#') ? line : canonicalSample(line)))
    .sort()
}

function canonicalSample(line: string): string {
  const [, name, labels = '', value] = /^([\w:]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  if (name === undefined) throw new Error(`no sample: ${JSON.stringify(line)}`)
  const pairs = labels.match(/\w+="(?:[^"\\]|\\.)*"/g) ?? []
  if (pairs.join(',') !== labels.replace(/,$/, '')) throw new Error(`no labels: ${JSON.stringify(line)}`)
  const shown = pairs.filter((pair) => !pair.endsWith('=""')).sort()
  return `${name}{${shown.join(',')}} ${Number(value!.replace('Inf', 'Infinity'))}`
}
