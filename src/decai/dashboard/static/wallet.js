// Talks to the wallets of this browser: finds them (EIP-6963), asks them (EIP-1193), and tells the server.
//
// The server makes every request and writes it down before it gets here. A wallet's answer is kept in
// sessionStorage until the server has taken note of it, so that a lost connection or a reload loses none.
// Keys never come near this page.
(() => {
  "use strict";
  const CHOSEN = "decai.wallet";
  const REQUESTS = "decai.requests";
  const FALLBACK = "injected";
  const MOST_WALLETS = 12;
  const MOST_TEXT = 200;

  const wallets = new Map(); // rdns -> {info, provider}
  const asking = new Set(); // ids of requests that this very page waits for
  let watched = null;
  let ready = false; // whether the server listens

  const short = (text) => String(text ?? "").slice(0, MOST_TEXT);
  const tell = (name, detail) => ready && window.emitEvent(`decai_${name}`, detail);

  function stored() {
    try {
      return JSON.parse(sessionStorage.getItem(REQUESTS)) ?? {};
    } catch {
      return {};
    }
  }

  function keep(change) {
    const all = stored();
    change(all);
    sessionStorage.setItem(REQUESTS, JSON.stringify(all));
  }

  // Discovery -------------------------------------------------------------------------------------

  function announce(event) {
    const { info, provider } = event.detail ?? {};
    if (!provider?.request || !info?.rdns || wallets.size >= MOST_WALLETS) return;
    wallets.set(short(info.rdns), { info, provider });
    list();
  }

  function discover() {
    window.addEventListener("eip6963:announceProvider", announce);
    window.dispatchEvent(new Event("eip6963:requestProvider"));
    if (!wallets.size && window.ethereum?.request) {
      const info = { rdns: FALLBACK, name: "Wallet of this browser" };
      wallets.set(FALLBACK, { info, provider: window.ethereum });
    }
    list();
  }

  function list() {
    const found = [...wallets.values()].map(({ info }) => ({ rdns: short(info.rdns), name: short(info.name) }));
    tell("wallets", found);
  }

  // State -----------------------------------------------------------------------------------------

  const chosen = () => sessionStorage.getItem(CHOSEN);

  async function state() {
    const wallet = wallets.get(chosen());
    if (!wallet) return tell("wallet", { rdns: null, accounts: [], chain: null });
    watch(wallet.provider);
    try {
      // Neither of these asks anybody anything.
      const accounts = await wallet.provider.request({ method: "eth_accounts" });
      const chain = await wallet.provider.request({ method: "eth_chainId" });
      tell("wallet", { rdns: chosen(), accounts: accounts.slice(0, 5).map(short), chain: short(chain) });
    } catch (error) {
      tell("wallet", { rdns: chosen(), accounts: [], chain: null, fault: short(error?.message) });
    }
  }

  function watch(provider) {
    if (watched === provider) return;
    watched = provider;
    for (const name of ["accountsChanged", "chainChanged", "connect", "disconnect"]) {
      provider.on?.(name, () => provider === watched && state());
    }
  }

  // Requests --------------------------------------------------------------------------------------

  function fault(error) {
    const code = Number.isInteger(error?.code) ? error.code : (error?.data?.originalError?.code ?? 0);
    return { code, message: short(error?.message ?? error) };
  }

  async function ask(id, rdns, method, params, chain) {
    const known = stored()[id];
    if (known?.reply) return tell("reply", { id, ...known.reply });
    if (known || asking.has(id)) return;
    const wallet = wallets.get(rdns);
    asking.add(id);
    keep((all) => (all[id] = { asked: Date.now() }));
    let reply;
    try {
      if (!wallet) throw { code: 4900, message: "this wallet is gone" };
      if (chain && (await wallet.provider.request({ method: "eth_chainId" })) !== chain) {
        throw { code: -1, message: "wrong network" };
      }
      reply = { result: await wallet.provider.request({ method, params }) };
    } catch (error) {
      reply = { error: fault(error) };
    }
    asking.delete(id);
    if (id) keep((all) => (all[id] = { ...all[id], reply }));
    tell("reply", { id, ...reply });
  }

  // After a reload the old page's promises are gone: what they would have said, nobody hears any more.
  function resume() {
    for (const [id, request] of Object.entries(stored())) {
      if (request.reply) tell("reply", { id, ...request.reply });
      else if (!asking.has(id)) tell("lost", { id });
    }
  }

  window.decaiWallet = {
    ask,
    acknowledge: (id) => keep((all) => delete all[id]),
    choose(rdns) {
      if (rdns) sessionStorage.setItem(CHOSEN, rdns);
      else sessionStorage.removeItem(CHOSEN);
      state();
    },
    async connect(rdns, id) {
      sessionStorage.setItem(CHOSEN, rdns);
      await ask(id, rdns, "eth_requestAccounts", []);
      state();
    },
    // The server is there (again): tell it all.
    hello() {
      ready = true;
      list();
      state();
      resume();
    },
  };
  discover();
})();
