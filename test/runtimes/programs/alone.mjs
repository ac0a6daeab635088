// One process that counts, and prints what a scrape shows.
import { Counter, register } from 'promhive'

new Counter({ name: 'jobs_total', help: 'Jobs done.' }).inc(3)
console.log((await register.metrics()).trim().split('\n').at(-1))
