// Questions and orders to the command that serves this page; every address is below the secret one.

export class Refused extends Error {}

export async function ask(name) {
  return answer(await fetch(name, { cache: "no-store" }));
}

export async function tell(name, body = {}) {
  return answer(await fetch(name, { method: "POST", cache: "no-store", body: JSON.stringify(body) }));
}

async function answer(response) {
  if (response.status === 422) throw new Refused((await response.json()).problem);
  if (!response.ok) throw new Refused(`the device answered ${response.status}`);
  return response.json();
}
