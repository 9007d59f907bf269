"""Words of headings, in the languages of suppliers (fr, en, de, nl, es, it), by what they mean.

Written without accents, in lower case. A word that is not here is tried as a compound of words
that are (``einkaufspreis``, ``paht``): see ``words.py``.
"""

from __future__ import annotations

from enum import StrEnum


class Sense(StrEnum):
    """What a word of a heading says."""

    PRICE = "price"
    BUY = "buy"  # paid by the reseller
    PURCHASE = "purchase"  # "Achat" alone is a price
    RETAIL = "retail"  # paid by the public
    LIST = "list"  # before a discount
    OLD = "old"
    CURRENT = "current"
    NET = "net"
    DISCOUNT = "discount"
    BEFORE = "before"
    VAT = "vat"
    BASIS = "basis"  # with or without VAT
    CASE = "case"
    PACK_SIZE = "pack_size"  # how many units a case holds
    UNIT = "unit"
    MEASURE_UNIT = "measure_unit"  # "Unité", in the singular: piece, carton
    COUNT = "count"
    NUMBER_OF = "number_of"
    PER = "per"
    ON = "on"
    MINIMUM = "minimum"
    STOCK = "stock"
    TOTAL = "total"
    CURRENCY = "currency"
    PERCENT = "percent"
    OTHER = "other"  # weights, dates, fees, rates: neither a cost nor a code
    NAME = "name"
    ASIN = "asin"
    ISBN = "isbn"
    BARCODE = "barcode"
    CODE = "code"
    NOT_CODE = "not_code"
    PARENT = "parent"
    LINK = "link"


def _words(text: str, *senses: Sense) -> dict[str, frozenset[Sense]]:
    return dict.fromkeys(text.split(), frozenset(senses))


WORDS: dict[str, frozenset[Sense]] = {
    **_words(
        "prix px price prices pricing preis preise prijs prijzen precio precios prezzo prezzi "
        "tarif tarifs tarief tarieven tarifa tarifas tariffa pricelist preisliste prijslijst",
        Sense.PRICE,
    ),
    **_words(
        "pa pamp pmp prmp cump ek ekp hek cout couts cost costs coste costes costo costi cogs "
        "kost kosten pvd",
        Sense.PRICE,
        Sense.BUY,
    ),
    **_words("pan", Sense.PRICE, Sense.BUY, Sense.NET),
    **_words("pu pun", Sense.PRICE, Sense.UNIT),
    **_words("pvc pv pvp pvpr pvr pvi pvmc pvgc ppc ppi pp pmc rrp srp msrp rsp uvp vk vkp evp "
             "upvp map", Sense.PRICE, Sense.RETAIL),
    **_words("achat achats ach buy buying purchase purchases purchasing einkauf einkaufs inkoop "
             "compra compras acquisto acquisti wholesale", Sense.BUY, Sense.PURCHASE),
    **_words(
        "bought paid supplier suppliers fournisseur fournisseurs fourn leverancier lieferant "
        "proveedor fornitore dealer trade gros grossiste grosshandel haendler handler "
        "handelaar revendeur revendeurs reseller distributeur distributor cession professionnel "
        "b2b landed negocie negociee ihr your votre notre",
        Sense.BUY,
    ),
    **_words(
        "public publics publico publique consommateur consumer conseille conseillee conseilles "
        "recommande recommandee recommended suggested indicatif indicative retail vente ventes "
        "vte venta vendita selling sell sale sales sold verkauf verkaufs verkoop verkoops revente "
        "resale pubblico consigliato recomendado advies consument consumenten endkunde endkunden "
        "endverbraucher laden boutique magasin store street marche market amazon amz concurrent "
        "competitor ebay cdiscount fnac rakuten buybox detail minorista dettaglio",
        Sense.RETAIL,
    ),
    **_words("editeur publisher", Sense.RETAIL, Sense.NAME),
    **_words("barre", Sense.RETAIL, Sense.BARCODE),  # "prix barré", "code barre"
    **_words("listino", Sense.PRICE, Sense.LIST),
    **_words(
        "catalogue catalog catalogo liste list listen lista lijst base brut bruts brute "
        "gross bruto standard normal regulier regular",
        Sense.LIST,
    ),
    **_words("ancien ancienne old alt alter precedent previous", Sense.OLD),
    **_words("nouveau nouvelle neu neuer nieuw nuevo nuovo actuel current aktuell", Sense.CURRENT),
    **_words("net nets nett nette neto neta", Sense.NET),
    **_words("netto", Sense.NET, Sense.BASIS),
    **_words("brutto lordo ivato", Sense.BASIS),
    **_words("avant before vor hors prima", Sense.BEFORE),
    **_words(
        "remise remises remisee rem rabatt rabais discount discounted reduction korting descuento "
        "dto dcto sconto scontato nachlass ristourne rabattierter disc",
        Sense.DISCOUNT,
    ),
    **_words("tva vat mwst ust btw iva mva tax taxe taxes taxable", Sense.VAT),
    **_words("ht htva ttc tvac hvat exkl excl exc inkl incl inc exvat incvat", Sense.BASIS),
    **_words("colis carton cartons caisse caisses case cases ctn kolli collo colli collis karton "
             "kartons doos dozen caja cajas scatola scatole confezione confezioni cartone cartoni "
             "lot lots pack packs paquet paquets pqt boite boites box boxes bac emballage embalaje "
             "imballo verpackung verpakking inner outer bundle fardeau display presentoir master "
             "multipack gebinde douzaine dutzend dozijn docena dozzina dz", Sense.CASE),
    **_words("pcb spcb colisage conditionnement cond cdt cdmt conditionne ve vpe packing packaging "
             "verpackungseinheit packungsgrosse inhalt contenance qpc casepack casesize packsize",
             Sense.CASE, Sense.PACK_SIZE),
    **_words(
        "unites unitaire units each ea pieces piece pce pces pcs pc pz pezzo pezzi unitario "
        "unitaria unidades ud uds stuck stuecke stueck stucke stuks stuk einzel individuel "
        "stk stck single uvc exemplaire exemplaires copies",
        Sense.UNIT,
    ),
    **_words("unite unit u um uom unidad unita eenheid einheit me preiseinheit prijseenheid",
             Sense.UNIT, Sense.MEASURE_UNIT),
    **_words("qte qtes qt qty qtys quantite quantites quantity quantities menge mengen aantal "
             "hoeveelheid cantidad cant cdad quantita qta quant count", Sense.COUNT),
    **_words("bestell"),  # says no more than what it is glued to: "Bestellmenge"
    **_words("nb nbr nbre nombre anzahl", Sense.COUNT, Sense.NUMBER_OF),
    **_words("par per je por cada combien", Sense.PER),
    **_words("pro", Sense.PER, Sense.BUY),  # "Preis pro Stück", "prix pro"
    **_words("sur on auf op off", Sense.ON),
    **_words("min mini minimum minimale minimal moq mindest mindestmenge mindestbestellmenge "
             "mindestabnahme minima minimo ab palier paliers seuil staffel staffelmenge breaks",
             Sense.MINIMUM),
    **_words(
        "stock stocks dispo disponible disponibles disponibilite disponibilites disponibilita "
        "disponibilidad availability available avail bestand lager lagerbestand verfugbar "
        "verfugbarkeit voorraad inventory existencias giacenza giacenze inventaire reserve soh "
        "onhand",
        Sense.STOCK,
    ),
    **_words("total totale totaux gesamt totaal montant amount betrag bedrag importe importo "
             "summe sum somme subtotal ligne line valeur value wert valore valor ext extended "
             "sous zwischensumme", Sense.TOTAL),
    **_words("devise devises currency currencies moneda valuta wahrung waehrung monnaie munt cur "
             "curr munteenheid divisa", Sense.CURRENCY),
    **_words("pourcentage percent prozent procent porcentaje percentage taux", Sense.PERCENT),
    **_words(
        "poids weight gewicht peso kg kilo kilos gramme grammes litre litres liter volume "
        "dimension dimensions taille size longueur largeur hauteur width height length date "
        "datum fecha data marge margin roi profit benefice gain gewinn fee fees frais commission "
        "port transport shipping livraison delivery freight versand porto verzend eco ecotaxe "
        "ecopart ecoparticipation deee d3e consigne caution depot deposit rank rang bsr rating "
        "avis age annee annees edition coef coefficient ratio rate delai lieferzeit handling "
        "prep preparation modifie modification updated maj valable validite valid position pos "
        "zone cents rotation palette palettes pallet pallets max maxi maximum cible target "
        "objectif",
        Sense.OTHER,
    ),
    **_words(
        "designation designations libelle description desc descriptif titre title titel produit "
        "produits product products article articles artikel item nom name naam bezeichnung "
        "beschreibung omschrijving descripcion descrizione marque brand merk marca auteur author "
        "autor categorie category kategorie rayon famille couleur color colour gamme modele model "
        "vendor intitule denomination nombreproducto articulo prodotto produkt genre collection "
        "groupe group gruppe commentaire comment remarque condition etat image photo",
        Sense.NAME,
    ),
    **_words("asin asins", Sense.ASIN),
    **_words("isbn isbns", Sense.ISBN),
    **_words("ean eans gtin gtins upc upca upcs gencod gencode gencods barcode barcodes jan itf "
             "dun strichcode streepjescode codebarre codebarres codeabarre codeabarres bar barres "
             "barras", Sense.BARCODE),
    **_words("code codes codigo codice kode identifiant identifier id ids ref refs reference "
             "references referentie referenz referencia riferimento numero number nummer no num "
             "nr n sku artikelnummer artnr", Sense.CODE),
    **_words(
        "unspsc hs douane douanes douanier douaniere douanieres nomenclature zoll zolltarif "
        "taric customs tariff tariffs commodity statistique statistisch statistik waren "
        "warennummer warentarif goederencode intrastat arancelario arancelaria doganale siret "
        "siren rcs naf iban bic tel telephone phone telefon telefono telefoon fax mobile gsm "
        "portable client customer kunde kunden klant shop seller vendeur facture invoice rechnung "
        "order commande bestellung serial serie imei postal zip fnsku msku mpn gln hsn ncm cn8 "
        "tarifnummer fabrikantscode herstellernummer interne internal intern",
        Sense.NOT_CODE,
    ),
    **_words("parent parente variation", Sense.PARENT),
    **_words("lien liens link links url urls adresse address href enlace web webpage collegamento",
             Sense.LINK),
}  # fmt: skip

# Units of a case that a word says by itself.
NUMBERS = {
    **dict.fromkeys(
        ["douzaine", "douzaines", "dozen", "dutzend", "dozijn", "docena", "dozzina", "dz"], 12
    ),
    **dict.fromkeys(["cent", "hundred", "centaine", "hundert"], 100),
    **dict.fromkeys(["mille", "millier", "thousand", "tausend"], 1000),
}
