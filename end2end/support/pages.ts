// All pages, for specs about properties that every page must have.

import { HIGH_INTENT, type Organisation, SILENT } from './organisation.ts';

export interface Listed {
  name: string;
  /** Whether the page is available without signing in. */
  open?: true;
  /** The role that sees the page, if not all roles do. */
  as?: string;
  status?: number;
  /** Whether the page consists of the same parts as another one, so that slow tests skip it. */
  alike?: true;
  path: (organisation: Organisation) => Promise<string> | string;
}

export const PAGES: Listed[] = [
  { name: 'sign-in', open: true, path: () => '/sign-in?next=/leads' },
  {
    name: 'setting a password',
    open: true,
    path: async (organisation) => new URL(await organisation.command('user', 'add', 'new@corvane.example', '--role', 'sdr')).pathname.trim(),
  },
  { name: 'a link that is used up', open: true, status: 404, path: () => '/setup/no-such-token' },
  { name: 'forgotten password', open: true, path: () => '/forgot' },
  { name: 'a first run that is over', open: true, status: 404, alike: true, path: () => '/first-run' },
  { name: 'home', path: () => '/' },
  { name: 'home of an SDR', as: 'SDR', path: () => '/' },
  { name: 'home of an administrator', as: 'Administrator', alike: true, path: () => '/' },
  { name: 'queue', as: 'SDR', path: async (organisation) => `/queue?lead=${(await organisation.send(SILENT)).lead_id}` },
  { name: 'queue, none like this', alike: true, path: () => '/queue?queue=manual' },
  { name: 'queue, a lead that is not there', status: 404, alike: true, path: () => '/queue?lead=00000000-0000-7000-8000-000000000000&in=inbound-form' },
  { name: 'a page for other roles', as: 'SDR', status: 403, path: () => '/keys' },
  { name: 'leads', path: () => '/leads' },
  { name: 'leads, filtered', alike: true, path: () => '/leads?action=hold&period=90d&q=o' },
  { name: 'leads, none found', path: () => '/leads?action=hold&period=30d&q=Zaphod' },
  { name: 'lead', path: async (organisation) => `/leads/${(await organisation.send(HIGH_INTENT)).lead_id}` },
  { name: 'lead, with the nearest change', alike: true, path: async (organisation) => `/leads/${(await organisation.send(HIGH_INTENT)).lead_id}?nearest=1` },
  { name: 'lead that is not there', status: 404, path: () => '/leads/00000000-0000-7000-8000-000000000000' },
  { name: 'duplicates', as: 'RevOps', path: async (organisation) => (await organisation.suggested(), '/merges') },
  { name: 'two leads that may be one', as: 'RevOps', path: async (organisation) => (await organisation.suggested()).path },
  { name: 'a merge that nobody suggested', status: 404, alike: true, path: () => '/merges/00000000-0000-7000-8000-000000000000/00000000-0000-7000-8000-000000000001' },
  { name: 'erasing a person', as: 'Administrator', path: async (organisation) => `/leads/${(await organisation.send(HIGH_INTENT)).lead_id}/erase` },
  { name: 'outbox', path: () => '/sync' },
  { name: 'unfinished actions', path: () => '/sync/effects' },
  { name: 'failed actions', path: async (organisation) => ((await organisation.failed()), '/sync/effects?state=dead') },
  { name: 'unfinished actions, none found', alike: true, path: () => '/sync/effects?error=Zaphod' },
  { name: 'failed action', path: async (organisation) => `/sync/effects/${(await organisation.failed())[0]}` },
  { name: 'action that is not there', status: 404, alike: true, path: () => '/sync/effects/00000000-0000-7000-8000-000000000000' },
  { name: 'delivery history', path: () => '/sync/history' },
  { name: 'resuming a destination', path: () => '/sync/resume?destination=crm-webhook' },
  { name: 'jobs', path: () => '/sync/jobs' },
  { name: 'runs', as: 'RevOps', path: () => '/runs' },
  { name: 'a run that is not there', status: 404, alike: true, path: () => '/runs/00000000-0000-7000-8000-000000000000' },
  { name: 'import', as: 'RevOps', path: () => '/import' },
  { name: 'dashboard', path: () => '/dashboard' },
  { name: 'dashboard by day', alike: true, path: () => '/dashboard?period=30d' },
  { name: 'rule sets', path: () => '/rules' },
  { name: 'rule set', path: () => '/rules/inbound-form' },
  { name: 'rule set that is not there', status: 404, alike: true, path: () => '/rules/none' },
  { name: 'lists', alike: true, as: 'RevOps', path: () => '/lists' },
  { name: 'list', path: () => '/lists/tam' },
  { name: 'pools', alike: true, path: () => '/pools' },
  { name: 'pool', path: () => '/pools/enterprise-ae' },
  { name: 'field extraction', alike: true, path: () => '/maps' },
  { name: 'a field extraction', path: () => '/maps/inbound-form' },
  { name: 'fields', alike: true, path: () => '/fields' },
  { name: 'fields of a workflow', path: () => '/fields/inbound-form' },
  { name: 'approvals', as: 'Sales manager', path: () => '/changes' },
  { name: 'my suggestions', as: 'SDR', path: () => '/changes?show=mine' },
  { name: 'approvals, none found', path: () => '/changes?show=closed' },
  { name: 'a change that waits', as: 'Sales manager', path: () => '/changes/1' },
  { name: 'releases', path: () => '/releases' },
  { name: 'a release', as: 'RevOps', path: () => '/releases/1' },
  { name: 'a release that is not there', status: 404, alike: true, path: () => '/releases/999' },
  { name: 'a draft', as: 'Enablement', path: () => '/changes/3' },
  { name: 'a change that is not there', status: 404, alike: true, path: () => '/changes/999' },
  { name: 'audit log', path: () => '/audit' },
  { name: 'audit log, none found', alike: true, path: () => '/audit?about=Zaphod' },
  { name: 'people', as: 'Administrator', path: () => '/people' },
  {
    name: 'person',
    as: 'Administrator',
    path: async (organisation) => {
      const rows = await organisation.rows<{ id: string }>('SELECT id FROM people WHERE email = $1', [organisation.person('SDR').email]);
      return `/people/${rows[0]!.id}`;
    },
  },
  { name: 'people, none found', alike: true, path: () => '/people?q=Zaphod' },
  { name: 'API keys', as: 'Administrator', path: () => '/keys' },
  { name: 'account', path: () => '/account' },
  { name: 'leads with other columns, sorted', alike: true, path: () => '/leads?cols=stage&cols=version&cols=first&sort=first.oldest' },
  { name: 'styleguide', as: 'Administrator', path: () => '/styleguide' },
  { name: 'settings', path: () => '/settings' },
  { name: 'settings of an administrator', as: 'Administrator', path: () => '/settings' },
  { name: 'search', path: () => '/search?q=in' },
  { name: 'search, none found', alike: true, path: () => '/search?q=Zaphod' },
  { name: 'an address that is none', status: 404, path: () => '/nowhere' },
];
