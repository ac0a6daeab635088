/** The address of statistics. */
export type StatisticsAddress =
  | { readonly kind: 'unix' | 'file'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'http' | 'https'; readonly host: string; readonly port: number; readonly url: string }

const usualPorts: Readonly<Record<string, number>> = { http: 80, https: 443 }

/**
 * Reads an address in the forms of uWSGI and its exporter: `unix:///run/app.stats` or a bare path, `127.0.0.1:9191`
 * with or without `tcp://`, `http://127.0.0.1:9191`, `https://…`, `file:///path`. A port alone means this machine.
 *
 * @returns undefined for an invalid address
 */
export function statisticsAddress(text: string): StatisticsAddress | undefined {
  if (/^\.{0,2}\//.test(text)) return { kind: 'unix', path: text }
  const [, kind, path] = /^(unix|file):(?:\/\/)?(.+)$/s.exec(text) ?? []
  if (path !== undefined) return { kind: kind as 'unix' | 'file', path }
  const [, scheme = '', inBrackets, name = '', port, rest = ''] =
    /^(?:(tcp|https?):\/\/)?(?:\[([\da-f:.]+)\]|([^\s:/?#[\]@]*))(?::(\d{1,5}))?(\/\S*)?$/i.exec(text) ?? []
  const host = (inBrackets ?? name) || '127.0.0.1'
  const number = port === undefined ? usualPorts[scheme] : Number(port)
  if (number === undefined || number > 65_535) return undefined
  if (scheme === 'http' || scheme === 'https') {
    return name === '' && inBrackets === undefined ? undefined : { kind: scheme, host, port: number, url: text }
  }
  return rest === '' ? { kind: 'tcp', host, port: number } : undefined
}
