/** `jobs_total` as `jobs`; a name that has no such ending, or is nothing else, stays. */
export function withoutSuffix(name: string, suffix: string): string {
  return name.endsWith(suffix) && name.length > suffix.length ? name.slice(0, -suffix.length) : name
}

/** `jobs` as `jobs_total`; a name that has the ending stays. */
export function withSuffix(name: string, suffix: string): string {
  return `${withoutSuffix(name, suffix)}${suffix}`
}
