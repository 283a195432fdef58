import Corpora
import Evaluation
import Execution
import LanguageModels
import Retrieval
import Routing
import Testing
import Tokenizers

@Suite struct ThermostatTests {
  @Test func itSwitchesOnAboveAndOffBelow() {
    var thermostat = Thermostat(above: 2, below: 1)
    #expect(thermostat.drafted([0.1, 1.9, 0.3]) == nil)
    #expect(!thermostat.isOn)
    #expect(thermostat.drafted([0.1, 2.5, 3, 0.2]) == 2)
    #expect(thermostat.isOn)
    // Between the two it stays as it is, both ways.
    let state1 = thermostat.observe([1.5, 0.1])
    #expect(!state1)
    #expect(thermostat.isOn)
    let state2 = thermostat.observe([0.9, 0.1])
    #expect(state2)
    #expect(!thermostat.isOn)
    #expect(thermostat.drafted([1.5]) == nil)
  }

  @Test func aMemoryMakesItSlow() {
    var thermostat = Thermostat(above: 2, below: 1, memory: 0.75)
    #expect(thermostat.drafted([3]) == nil)
    #expect(thermostat.level == 0.75)
    #expect(thermostat.drafted([7]) == 1)
    #expect(abs(thermostat.level - 2.3125) < 1e-12)
    // A single calm answer does not switch it off.
    let state3 = thermostat.observe([0])
    #expect(!state3)
    let state4 = thermostat.observe([0])
    #expect(!state4)
    let state5 = thermostat.observe([0])
    #expect(state5)
  }

  /// Against the rules written out: any stream of entropies, any pair of thresholds.
  @Test func hysteresisHoldsForAnyStream() {
    for seed in 0..<200 as Range<UInt64> {
      var stream = RandomStream(seed: seed, purpose: "test/thermostat")
      let below = stream.uniform() * 2
      let above = below + 0.01 + stream.uniform()
      var thermostat = Thermostat(above: above, below: below)
      var toggles = 0
      var crossings = 0
      var wasHigh = false
      for _ in 0..<100 {
        let entropies = (0..<1 + stream.below(5)).map { _ in stream.uniform() * 3 }
        let peak = entropies.max() ?? 0
        let before = thermostat.isOn
        let changed =
          before
          ? thermostat.observe(entropies) : thermostat.drafted(entropies) != nil
        #expect(changed == (before != thermostat.isOn))
        if changed {
          toggles += 1
          #expect(before ? peak < below : peak > above)
        } else {
          #expect(before ? peak >= below : peak <= above)
        }
        // The level crosses the band at least as often as the thermostat toggles.
        if peak > above, !wasHigh { (crossings, wasHigh) = (crossings + 1, true) }
        if peak < below, wasHigh { (crossings, wasHigh) = (crossings + 1, false) }
      }
      #expect(toggles == crossings)
    }
  }

  @Test func whatStaysBetweenNeverToggles() {
    var (on, off) = (Thermostat(above: 2, below: 1), Thermostat(above: 2, below: 1))
    _ = on.drafted([5])
    var stream = RandomStream(seed: 1, purpose: "test/between")
    for _ in 0..<500 {
      let entropies = [1 + stream.uniform(), stream.uniform()]
      let isOn = on.observe(entropies)
      #expect(!isOn)
      #expect(off.drafted(entropies) == nil)
    }
    #expect(on.isOn && !off.isOn)
  }
}
