import { Counter } from 'promhive'

new Counter({ name: 'jobs_total', help: 'Jobs done.' }).inc(2)
