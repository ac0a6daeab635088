/** `jobs_total` as `jobs`; a name without the ending, or that consists of it, is unchanged. */
export function withoutSuffix(name: string, suffix: string): string {
  return name.endsWith(suffix) && name.length > suffix.length ? name.slice(0, -suffix.length) : name
}

/** `jobs` as `jobs_total`; a name with the ending is unchanged. */
export function withSuffix(name: string, suffix: string): string {
  return `${withoutSuffix(name, suffix)}${suffix}`
}
